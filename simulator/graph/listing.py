"""Reading: `$filter`, `$select`, `$top`, `$count` and pages of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from simulator.graph.filters import parse_filter
from simulator.graph.messages import GraphAnswer, GraphRequest
from simulator.refusals import bad_query
from simulator.store import Document

DEFAULT_FIELDS = (
    *("businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone"),
    *("officeLocation", "preferredLanguage", "surname", "userPrincipalName"),
)
_OPTIONS = {"$filter", "$select", "$top", "$count", "$skiptoken"}
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 999


def list_objects(request: GraphRequest, objects: Iterable[Document], what: str, fields: Iterable[str]) -> GraphAnswer:
    """One page of a list; `fields` are shown when nothing is selected."""
    query = request.query
    unknown = [name for name in query if name.startswith("$") and name not in _OPTIONS]
    if unknown:
        raise bad_query(f"The query option '{unknown[0]}' is not supported here.")
    chosen = _filtered(request, objects)
    start, size = _number(query, "$skiptoken", 0), _page_size(query)
    body: Document = {"@odata.context": request.context(what)}
    if query.get("$count") == "true":
        body["@odata.count"] = len(chosen)
    if start + size < len(chosen):
        following = urlencode({**query, "$skiptoken": start + size})
        body["@odata.nextLink"] = f"{request.origin}/v1.0{request.path}?{following}"
    names = selected(query, fields)
    body["value"] = [show(each, names) for each in chosen[start : start + size]]
    return GraphAnswer(200, body)


def selected(query: Mapping[str, str], fields: Iterable[str]) -> list[str]:
    """The properties that an answer shows."""
    if "$select" not in query:
        return list(fields)
    return [name.strip() for name in query["$select"].split(",") if name.strip()]


def show(document: Document, names: Iterable[str]) -> Document:
    """The chosen properties of an object; custom attributes without a value are left out."""
    return {name: document.get(name) for name in names if name in document or not name.startswith("extension_")}


def _filtered(request: GraphRequest, objects: Iterable[Document]) -> list[Document]:
    if "$filter" not in request.query:
        return list(objects)
    eventual = request.headers.get("consistencylevel", "").lower() == "eventual"
    advanced = eventual and request.query.get("$count") == "true"
    matches = parse_filter(request.query["$filter"], advanced=advanced)
    return [each for each in objects if matches(each)]


def _page_size(query: Mapping[str, str]) -> int:
    size = _number(query, "$top", _DEFAULT_PAGE)
    if not 1 <= size <= _LARGEST_PAGE:
        raise bad_query("Invalid page size specified: it must be between 1 and 999 inclusive.")
    return size


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise bad_query(f"Invalid value for the query option '{name}'.")
    return int(text)
