"""Everything but sign-in, the connector, health and static files needs a signed-in person: a walk of the URLconf."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

SIGN_IN = reverse("accounts:sign-in")
# What answers people and probes who have not signed in. The connector and the staff API ask for credentials
# themselves, with a 401; static files are no route.
PUBLIC = {"accounts/sign-in", "healthz", "readyz"}
REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED)


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from routes(entry, route)


ROUTES = sorted(set(routes(get_resolver())))


def an_address(route: str) -> str:
    """Some address that the route matches."""
    path = re.sub(r"<(\w+:)?\w+>", "1", route)
    named = re.sub(r"\(\?P<\w+>[^)]*\)", "1", path)
    return "/" + re.sub(r"[\^$]|\\Z", "", named).replace("\\.", ".").replace("/?", "/")


def is_turned_away(response: Any) -> bool:
    """Whether nothing was shown: refused, or led to the sign-in page."""
    end = response.redirect_chain[-1][0] if response.redirect_chain else ""
    return response.status_code in REFUSALS or end.startswith(SIGN_IN)


def test_it_walks_the_whole_site() -> None:
    assert len(ROUTES) > 40
    assert set(ROUTES) >= PUBLIC


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in ROUTES if route not in PUBLIC])
def test_it_shows_nothing_to_somebody_who_has_not_signed_in(route) -> None:
    address = an_address(route)
    assert is_turned_away(Client().get(address, follow=True))
    assert is_turned_away(Client().post(address, follow=True))


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(PUBLIC))
def test_it_answers_anybody_where_it_should(route) -> None:
    assert not is_turned_away(Client().get(f"/{route}", follow=True))


def test_it_finds_the_route_of_every_address_that_it_tries() -> None:
    missed = [route for route in ROUTES if not resolves(an_address(route))]
    assert missed == []


def resolves(address: str) -> bool:
    try:
        return bool(resolve(address))
    except Resolver404:
        return False
