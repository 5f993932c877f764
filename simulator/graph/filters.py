"""`$filter`, as far as lookups of guests need it: a small parser that yields a predicate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from simulator.refusals import GraphError, bad_query
from simulator.store import Document

Predicate = Callable[[Document], bool]

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_@][\w.]*(?:/[A-Za-z_]\w*)*)|([(),:]))")
_TEXTS = {
    *("id", "mail", "userPrincipalName", "displayName", "givenName", "surname", "userType", "mailNickname"),
    *("jobTitle", "city", "country", "state", "companyName", "department", "creationType", "externalUserState"),
}
_FLAGS = {"accountEnabled"}
_LISTS = {"otherMails", "proxyAddresses"}
_LITERALS = {"true": True, "false": False, "null": None}
_FEDERATED_ISSUERS = {"google.com", "facebook.com", "mail", "phone"}


def parse_filter(text: str, *, advanced: bool) -> Predicate:
    """The predicate of a filter; `advanced` says that eventual consistency and $count were asked for.

    Raises GraphError 400 for what Graph would not run.
    """
    parser = _Parser(list(_tokens(text)), advanced=advanced)
    predicate = parser.either()
    parser.end()
    return predicate


def _tokens(text: str) -> Iterator[str]:
    position = 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise bad_query(f"Invalid filter clause: syntax error at position {position}.")
        yield found.group().strip()
        position = found.end()


class _Parser:
    """Recursive descent; one method per level of binding."""

    def __init__(self, tokens: list[str], *, advanced: bool) -> None:
        self._tokens = tokens
        self._advanced = advanced

    def either(self) -> Predicate:
        alternatives = [self._all()]
        while self._skip("or"):
            alternatives.append(self._all())
        return lambda item: any(each(item) for each in alternatives)

    def end(self) -> None:
        if self._tokens:
            raise bad_query(f"Invalid filter clause: syntax error near '{self._tokens[0]}'.")

    def _all(self) -> Predicate:
        parts = [self._negation()]
        while self._skip("and"):
            parts.append(self._negation())
        return lambda item: all(each(item) for each in parts)

    def _negation(self) -> Predicate:
        if not self._skip("not"):
            return self._term()
        self._need_advanced("not")
        inner = self._term()
        return lambda item: not inner(item)

    def _term(self) -> Predicate:
        if self._skip("("):
            inner = self.either()
            self._expect(")")
            return inner
        name = self._next()
        if name in {"startswith", "startsWith", "endswith", "endsWith"}:
            return self._affix(name.lower())
        if name.endswith("/any"):
            return self._any(name.removesuffix("/any"))
        return self._comparison(name)

    def _affix(self, function: str) -> Predicate:
        if function == "endswith":
            self._need_advanced("endsWith")
        self._expect("(")
        name = _known(self._next())
        self._expect(",")
        wanted = str(self._literal()).lower()
        self._expect(")")
        method = str.startswith if function == "startswith" else str.endswith
        return lambda item: method(str(item.get(name) or "").lower(), wanted)

    def _comparison(self, name: str) -> Predicate:
        _known(name)
        operator = self._next()
        if operator == "in":
            self._expect("(")
            wanted = [_folded(self._literal())]
            while self._skip(","):
                wanted.append(_folded(self._literal()))
            self._expect(")")
            return lambda item: _folded(item.get(name)) in wanted
        if operator not in {"eq", "ne"}:
            raise unsupported(name)
        if operator == "ne":
            self._need_advanced("ne")
        value = _folded(self._literal())
        return lambda item: (_folded(item.get(name)) == value) == (operator == "eq")

    def _any(self, name: str) -> Predicate:
        self._expect("(")
        variable = self._next()
        self._expect(":")
        if name == "identities":
            predicate = self._identity(variable)
        elif name in _LISTS and self._next() == variable:
            self._expect("eq")
            wanted = _folded(self._literal())
            predicate = lambda item: wanted in map(_folded, item.get(name) or [])  # noqa: E731
        else:
            raise unsupported(name)
        self._expect(")")
        return predicate

    def _identity(self, variable: str) -> Predicate:
        conditions = dict([self._identity_part(variable)])
        while self._skip("and"):
            conditions.update([self._identity_part(variable)])
        issuer = conditions.get("issuer")
        # An id says nothing without its issuer; an issuer alone only works for the federated ones.
        if issuer is None or ("issuerAssignedId" not in conditions and issuer not in _FEDERATED_ISSUERS):
            raise unsupported("identities")
        return lambda item: any(
            all(_folded(identity.get(name)) == value for name, value in conditions.items())
            for identity in item.get("identities") or []
            if identity.get("signInType") != "userPrincipalName"
        )

    def _identity_part(self, variable: str) -> tuple[str, Any]:
        owner, _, name = self._next().partition("/")
        if owner != variable or name not in {"issuer", "issuerAssignedId"}:
            raise unsupported("identities")
        self._expect("eq")
        return name, _folded(self._literal())

    def _literal(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token not in _LITERALS:
            raise bad_query(f"Invalid filter clause: '{token}' is not a value.")
        return _LITERALS[token]

    def _need_advanced(self, operator: str) -> None:
        if not self._advanced:
            raise GraphError(
                400,
                "Request_UnsupportedQuery",
                f"Operator: '{operator}' is not supported because the required parameters might be missing "
                "(e.g. $count parameter, ConsistencyLevel header).",
            )

    def _next(self) -> str:
        if not self._tokens:
            raise bad_query("Invalid filter clause: it ends too early.")
        return self._tokens.pop(0)

    def _skip(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._skip(token):
            raise bad_query(f"Invalid filter clause: '{token}' is missing.")


def unsupported(name: str) -> GraphError:
    """The refusal of a filter that Graph has no index for."""
    text = f"Unsupported or invalid query filter clause specified for property '{name}' of resource 'User'."
    return GraphError(400, "Request_UnsupportedQuery", text)


def _known(name: str) -> str:
    if name in _TEXTS | _FLAGS or name.startswith("extension_"):
        return name
    if name in _LISTS | {"identities"}:
        raise unsupported(name)
    raise bad_query(f"Invalid filter clause: Could not find a property named '{name}' on type 'microsoft.graph.user'.")


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
