"""Settings at rest: unreadable without the secret key, and told apart from what somebody made up."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from connector.verification.sealing import SealBroken, digests, seal, unseal

SECRETS = {"password": "correct horse", "url": "https://x.example"}
OLD, NEW = "old-secret-0123456789-abcdefghijklmnop", "new-secret-0123456789-abcdefghijklmnop"


@bounded(max_examples=25, deadline=None)
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=5))
def test_it_gives_back_what_was_sealed(values: dict[str, str]) -> None:
    assert unseal(seal(values)) == values


def test_it_tells_nothing_and_never_twice_the_same() -> None:
    first, second = seal(SECRETS), seal(SECRETS)
    assert first != second
    assert "horse" not in first
    shown = repr(unseal(first))
    assert "horse" not in shown
    assert "password" in shown


def test_it_opens_with_a_former_key_as_long_as_that_is_named(settings: Any) -> None:
    settings.SECRET_KEY = OLD
    sealed = seal(SECRETS)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert unseal(sealed) == SECRETS
    anew = seal(SECRETS)
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(anew) == SECRETS
    with pytest.raises(SealBroken):
        unseal(sealed)


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "gAAAA", "é", Fernet(Fernet.generate_key()).encrypt(b"{}").decode()],
    ids=["nothing", "nonsense", "its beginning", "no ASCII", "another's"],
)
def test_it_refuses_what_was_sealed_elsewhere(text: str) -> None:
    with pytest.raises(SealBroken):
        unseal(text)


def test_it_refuses_what_was_changed() -> None:
    sealed = seal(SECRETS)
    for place in range(0, len(sealed) - 4, 7):
        changed = "A" if sealed[place] != "A" else "B"
        with pytest.raises(SealBroken):
            unseal(f"{sealed[:place]}{changed}{sealed[place + 1 :]}")
    with pytest.raises(SealBroken):
        unseal(sealed[:-4])


def test_it_hashes_under_a_key_so_that_nobody_else_can_guess(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    new, old = digests({"b": 1, "a": "é"})
    assert len({new, old}) == 2
    assert digests({"a": "é", "b": 1}) == [new, old]
    assert digests({"a": "e", "b": 1}) != [new, old]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    assert digests({"b": 1, "a": "é"}) == [old]
