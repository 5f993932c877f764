"""Connector addresses that somebody did not type into Entra as they stand."""

from __future__ import annotations

import pytest
from django.urls import reverse
from structlog.testing import capture_logs

from approvals.models import SignUpRequest, UserFlow
from tests.connector.conftest import Entra, answer
from tests.connector.test_situations import is_block_page, is_continue


def test_it_takes_an_address_with_a_slash_at_its_end(entra: Entra) -> None:
    assert is_continue(answer(entra.call("check-status/")))
    assert is_block_page(answer(entra.call("submit/")))
    assert SignUpRequest.objects.count() == 1


def test_it_takes_the_samples_addresses_with_a_slash(entra: Entra) -> None:
    UserFlow.objects.update(is_default=True)
    assert is_continue(answer(entra.post("/api/approvals/checkstatus/")))
    assert is_block_page(answer(entra.post("/api/approvals/submit/")))
    assert SignUpRequest.objects.count() == 1


def test_it_asks_for_the_credential_there_too(entra: Entra) -> None:
    assert entra.call("submit/", headers={"Authorization": ""}).status_code == 401
    assert not SignUpRequest.objects.exists()


def test_it_names_its_addresses_without_a_slash(entra: Entra) -> None:
    assert reverse("connector:submit", args=["partners"]) == "/api/connectors/partners/submit"
    assert reverse("connector:sample-check-status") == "/api/approvals/checkstatus"


@pytest.mark.parametrize("step", ["submitt", "submit//", "", "submit/more"])
def test_it_logs_where_a_mistyped_address_led(entra: Entra, step: str) -> None:
    with capture_logs() as lines:
        told = answer(entra.call(f"{step}?email=john@fabrikam.example"))
    assert is_block_page(told)
    (line,) = [each for each in lines if each["event"] == "connector_answer_replaced"]
    assert (line["path"], line["status"], line["why"]) == (f"/api/connectors/partners/{step}", 404, "Not Found")
    assert "john@" not in str(lines)
    assert not SignUpRequest.objects.exists()
