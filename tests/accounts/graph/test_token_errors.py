"""Every row of the list of token errors."""

from __future__ import annotations

import json

import pytest

from accounts.graph.token_errors import sort
from approvals.errors import Later, Standstill


def body(number: int, error: str = "invalid_client") -> str:
    """An error as the token endpoint writes it."""
    return json.dumps(
        {
            "error": error,
            "error_description": f"AADSTS{number}: Something with internals. Trace ID: 1 Correlation ID: 2",
            "error_codes": [number],
            "timestamp": "2026-11-22 10:00:00Z",
            "error_uri": "https://login.microsoftonline.com/error?code=1",
        }
    )


@pytest.mark.parametrize(
    ("number", "status", "code", "advice"),
    [
        (7000215, 401, "secret_wrong", "ENTRA_CLIENT_SECRET"),
        (7000222, 401, "secret_expired", "ENTRA_CLIENT_SECRET"),
        (7000218, 401, "secret_missing", "ENTRA_CLIENT_CERTIFICATE"),
        (700016, 400, "application_not_found", "ENTRA_CLIENT_ID"),
        (7000112, 400, "application_disabled", "Enterprise applications"),
        (90002, 400, "tenant_not_found", "ENTRA_TENANT_ID"),
        (900023, 400, "tenant_id_malformed", "ENTRA_TENANT_ID"),
        (1002012, 400, "scope_wrong", "GRAPH_URL"),
        (70011, 400, "scope_wrong", "GRAPH_URL"),
        (500011, 400, "scope_wrong", "GRAPH_URL"),
        (700027, 401, "certificate_wrong", "ENTRA_CLIENT_CERTIFICATE"),
        (65001, 400, "consent_missing", "admin consent"),
        (53003, 400, "token_denied", "AADSTS53003"),
    ],
)
def test_it_says_what_the_administrator_can_do(number: int, status: int, code: str, advice: str) -> None:
    problem = sort(status, body(number), {})

    assert isinstance(problem, Standstill)
    assert problem.code == code
    assert advice in problem.reason
    assert problem.delay is None
    assert problem.reason.endswith(".")
    assert "retry" not in problem.reason
    assert "internals" not in problem.reason


@pytest.mark.parametrize(("headers", "delay"), [({"Retry-After": "7"}, 7.0), ({}, None)])
@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_it_tries_again_only_when_the_service_is_out_of_order(
    status: int, headers: dict[str, str], delay: float | None
) -> None:
    problem = sort(status, "<html>", headers)

    assert isinstance(problem, Later)
    assert not isinstance(problem, Standstill)
    assert (problem.code, problem.delay) == ("sign_in_unavailable", delay)


@pytest.mark.parametrize("answer", ["", "<html>", "[]", "{}", '{"error_codes": "x"}', '{"error_codes": [null]}'])
def test_it_reads_whatever_comes(answer: str) -> None:
    problem = sort(400, answer, {})

    assert isinstance(problem, Standstill)
    assert problem.code == "token_denied"
    assert "(400)" in problem.reason
