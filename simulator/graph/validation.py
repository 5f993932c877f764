"""Request bodies against Microsoft's own schemas and the strict ones of what may be sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from simulator.refusals import (
    GraphError,
    bad_invitation,
    bad_request,
    invalid_principal_name,
    invalid_property,
    unknown_extensions,
    unknown_property,
)
from simulator.store import Document

_CONTRACTS = Path(__file__).parent.parent / "contracts"


def _registry() -> Registry[Any]:
    described = json.loads((_CONTRACTS / "graph-openapi-subset.json").read_text())
    strict = json.loads((_CONTRACTS / "contract-schemas.json").read_text())
    return Registry().with_resources(
        [
            ("urn:graph", DRAFT202012.create_resource(described)),
            ("urn:strict", DRAFT202012.create_resource({**strict, "$id": "urn:strict"})),
        ]
    )


_REGISTRY = _registry()


def _validators(described: str, strict: str) -> tuple[Draft202012Validator, ...]:
    references = [f"urn:graph#/components/schemas/{described}", f"urn:strict#/$defs/{strict}"]
    return tuple(Draft202012Validator({"$ref": each}, registry=_REGISTRY) for each in references)


_USER_CREATION = _validators("microsoft.graph.user", "graphGuestCreate")
_USER_CHANGE = _validators("microsoft.graph.user", "graphUserPatch")
_INVITATION = _validators("microsoft.graph.invitation", "graphInvitationCreate")
_REFERENCE = (Draft202012Validator({"$ref": "urn:graph#/components/schemas/ReferenceCreate"}, registry=_REGISTRY),)
_BATCH = (Draft202012Validator({"$ref": "urn:strict#/$defs/batchRequest"}, registry=_REGISTRY),)


def check_user_creation(body: Document) -> None:
    """Raise what Graph answers to a body of POST /users that does not fit."""
    problem = _first_problem(_USER_CREATION, body)
    if problem is not None:
        raise _user_refusal(problem)


def check_user_change(body: Document) -> None:
    """Raise what Graph answers to a body of PATCH /users/{id} that does not fit."""
    problem = _first_problem(_USER_CHANGE, body)
    if problem is not None:
        raise _user_refusal(problem)


def check_invitation(body: Document) -> None:
    """Raise what Graph answers to a body of POST /invitations that does not fit."""
    problem = _first_problem(_INVITATION, body)
    if problem is None:
        return
    name = _property(problem)
    if problem.validator == "required":
        raise bad_invitation(f"The {name} property is required.")
    if problem.validator == "additionalProperties":
        raise unknown_property(name)
    raise bad_invitation(f"Invalid value specified for property '{name}' of resource 'Invitation'.")


def check_reference(body: Document) -> None:
    """Raise what Graph answers to a reference without its `@odata.id`."""
    if _first_problem(_REFERENCE, body) is not None:
        raise bad_request("Invalid object reference: '@odata.id' is missing.")


def check_batch(body: Document) -> None:
    """Raise what Graph answers to a batch that is malformed."""
    problem = _first_problem(_BATCH, body)
    if problem is not None:
        raise GraphError(400, "BadRequest", f"Invalid batch payload: {problem.json_path}.")


def _first_problem(validators: tuple[Draft202012Validator, ...], body: Document) -> ValidationError | None:
    for validator in validators:
        problems: list[ValidationError] = sorted(validator.iter_errors(body), key=_place)
        if problems:
            return problems[0]
    return None


def _place(problem: ValidationError) -> list[str]:
    return [str(step) for step in problem.absolute_path]


def _user_refusal(problem: ValidationError) -> GraphError:
    name = _property(problem)
    if problem.validator == "additionalProperties" and not problem.absolute_path:
        return unknown_extensions([name]) if name.startswith("extension_") else unknown_property(name)
    if problem.validator == "required" and name == "identities":
        return bad_request("A password must be specified to create a new user.")
    if problem.validator == "required" and not problem.absolute_path:
        return invalid_property(name, f"A value is required for property '{name}' of resource 'User'.")
    if problem.validator == "minProperties":
        return bad_request("The request body must change at least one property.")
    if list(problem.absolute_path)[:1] == ["identities"] and problem.absolute_path[-1] == "signInType":
        return bad_request("Issuer should match tenants domainName for non federated identity.")
    return invalid_principal_name() if name == "userPrincipalName" else invalid_property(name)


def _property(problem: ValidationError) -> str:
    """The property of the body that a problem is about."""
    if problem.absolute_path:
        return str(problem.absolute_path[0])
    body: Any = problem.instance
    wanted: Any = problem.validator_value
    if problem.validator == "required":
        return next(str(name) for name in wanted if name not in body)
    if problem.validator == "additionalProperties":
        return next(str(name) for name in body if not _is_described(name, problem.schema))
    return ""


def _is_described(name: str, schema: Any) -> bool:
    patterns = schema.get("patternProperties", {})
    return name in schema["properties"] or any(re.search(pattern, name) for pattern in patterns)
