"""What people read when something is wrong: in our look, without needing what may be broken."""

from __future__ import annotations

import pytest
from django.template.loader import get_template
from django.test import Client

from approvals.models import SignUpRequest
from tests.factories import make_request


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_it_renders_without_a_request_and_without_a_database(name) -> None:
    page = get_template(f"{name}.html").render()
    assert f'<p class="code">{name[:3]}</p>' in page
    assert "foyer/css/base.css" in page


def test_it_shows_our_page_for_an_address_that_does_not_exist(client) -> None:
    response = client.get("/nothing-here")
    assert response.status_code == 404
    assert "Nothing here" in response.content.decode()


def test_it_tells_nothing_of_a_mistake_of_ours(anna, flow, settings) -> None:
    request = make_request(flow)
    SignUpRequest.objects.filter(pk=request.pk).update(received="no JSON, so that the page breaks")
    browser = Client(raise_request_exception=False)
    browser.force_login(anna)
    response = browser.get(f"/requests/{request.reference}/")
    assert response.status_code == 500
    page = response.content.decode()
    assert "Something broke" in page
    assert "Traceback" not in page
    assert request.email not in page
