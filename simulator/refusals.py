"""How Graph says no: status, code, message and details, each as seen on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class GraphError(Exception):
    """A refusal; the endpoint turns it into Graph's error document."""

    status: int
    code: str
    message: str
    details: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


def bad_request(message: str, details: list[dict[str, str]] | None = None) -> GraphError:
    """The directory's one code for most mistakes."""
    return GraphError(400, "Request_BadRequest", message, details or [])


def bad_query(message: str) -> GraphError:
    """A query option that cannot be read."""
    return GraphError(400, "BadRequest", message)


def bad_invitation(message: str) -> GraphError:
    """The invitation manager's code for what it will not invite."""
    return GraphError(400, "BadRequest", message)


def invalid_property(name: str, message: str = "") -> GraphError:
    """A value that the directory does not take."""
    text = message or f"Invalid value specified for property '{name}' of resource 'User'."
    return bad_request(text, [{"code": "InvalidValue", "message": text, "target": name}])


def invalid_principal_name() -> GraphError:
    """A userPrincipalName with a wrong character, length or form."""
    return invalid_property("userPrincipalName", "Property userPrincipalName is invalid.")


def unknown_property(name: str) -> GraphError:
    """A property that a user does not have."""
    return bad_request(f"Invalid property '{name}'.")


def unknown_extensions(names: list[str]) -> GraphError:
    """Custom attributes that no user flow of this tenant has used yet."""
    return bad_request(f"The following extension properties are not available: {','.join(sorted(names))}.")


def conflict(clashes: dict[str, str]) -> GraphError:
    """Unique values held by others: `clashes` maps a property to the id of the object that has it."""
    details = []
    for name, holder in clashes.items():
        text = f"Another object with the same value for property {name} already exists."
        details.append({"code": "ObjectConflict", "message": text, "target": name})
        details.append({"code": "ConflictingObjects", "message": text, "target": f"User_{holder}"})
    return bad_request(details[0]["message"], details)


def not_found(key: str) -> GraphError:
    """No such object, or not on the replica that answers."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects are not present.",
    )


def denied() -> GraphError:
    """The token lacks the permission that the call needs."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def invitation_denied() -> GraphError:
    """The same from the invitation manager, which words it in its own way."""
    text = (
        "Insufficient privileges to perform requested operation by the application "
        "'00000003-0000-0000-c000-000000000000'. ControllerName=MSGraphInviteAPI"
    )
    return GraphError(403, "Authorization_RequestDenied", text)


def invalid_token(message: str) -> GraphError:
    """The bearer token is missing, forged or out of date."""
    challenge = {"WWW-Authenticate": 'Bearer realm="", authorization_uri="", client_id=""'}
    return GraphError(401, "InvalidAuthenticationToken", message, headers=challenge)
