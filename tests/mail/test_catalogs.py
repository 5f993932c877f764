"""The catalogs: compiled from what stands in the repository, and complete for applicants."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import polib
import pytest
from django.conf import settings

LOCALE = Path(settings.LOCALE_PATHS[0])
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"\{\w+\}|%\(\w+\)[sd]|%[sd]")
SOURCE = re.compile(r'"applicant(?:: form field)?",?\s*\n?\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')


def catalog(language: str) -> polib.POFile:
    """The catalog that translators edit."""
    return polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po"))


def for_applicants(language: str) -> dict[tuple[str, str], str]:
    """The applicants' sentences with their translations."""
    return {
        (entry.msgctxt, entry.msgid): entry.msgstr
        for entry in catalog(language)
        if (entry.msgctxt or "").startswith("applicant") and not entry.obsolete
    }


def in_the_code() -> set[str]:
    """Every sentence that the code marks as an applicant's."""
    found = set()
    for path in (LOCALE.parent / "approvals").rglob("*.py"):
        for literals in SOURCE.findall(path.read_text()):
            found.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_has_every_sentence_that_the_code_says_to_applicants(language) -> None:
    sentences = {msgid for _context, msgid in for_applicants(language)}
    assert len(in_the_code()) > 40
    assert in_the_code() - sentences == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_leaves_no_applicants_sentence_untranslated(language) -> None:
    assert [msgid for (_context, msgid), text in for_applicants(language).items() if not text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_keeps_the_placeholders_of_every_translation(language) -> None:
    for entry in catalog(language):
        if entry.translated():
            texts = [entry.msgstr] if entry.msgstr else list(entry.msgstr_plural.values())
            known = {*PLACEHOLDER.findall(entry.msgid), *PLACEHOLDER.findall(entry.msgid_plural)}
            for text in texts:
                assert set(PLACEHOLDER.findall(text)) <= known, entry.msgid
            assert set(PLACEHOLDER.findall(texts[-1])) == known, entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_guesses_nothing(language) -> None:
    assert [entry.msgid for entry in catalog(language).fuzzy_entries()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_compiled_from_what_translators_edited(language, tmp_path) -> None:
    source = LOCALE / language / "LC_MESSAGES" / "django.po"
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", compiled, source], check=True, capture_output=True)
    shipped = {(e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in polib.mofile(str(source.with_suffix(".mo")))}
    assert shipped == {(e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in polib.mofile(str(compiled))}
