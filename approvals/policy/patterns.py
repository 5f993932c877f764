"""Regular expressions that cannot hold up a sign-up: RE2's, small, on values of bounded length.

RE2 takes time in proportion to the length of the value times the size of its program, and both are bounded here: the
most hostile pair stays under 10 ms.
"""

from __future__ import annotations

import re2

LONGEST_PATTERN = 500
LONGEST_VALUE = 1024
LARGEST_PROGRAM = 900
MEMORY = 256 * 1024


class BadPattern(ValueError):
    """A pattern cannot be used. `code` is too_long, too_large or no_pattern."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ValueTooLong(ValueError):
    """A value is longer than any that Graph would take, and nothing is said of it."""


class Pattern:
    """A compiled pattern. It may be used by many threads at once."""

    def __init__(self, written: str, *, ignore_case: bool = False) -> None:
        """Compile it once. Raises BadPattern."""
        if len(written) > LONGEST_PATTERN:
            raise BadPattern("too_long")
        try:
            self._compiled = re2.compile(written, _options(ignore_case=ignore_case))
        except (re2.error, UnicodeError) as error:
            raise BadPattern("too_large" if "too large" in str(error) else "no_pattern") from error
        if self._compiled.programsize > LARGEST_PROGRAM:
            raise BadPattern("too_large")

    def found_in(self, value: str) -> bool:
        """Whether some part of the value matches. Raises ValueTooLong, and UnicodeError for a lone surrogate."""
        if len(value) > LONGEST_VALUE:
            raise ValueTooLong
        return self._compiled.search(value) is not None


def _options(*, ignore_case: bool) -> re2.Options:
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    # What is in brackets is not asked for, and remembering it costs most.
    options.never_capture = True
    options.case_sensitive = not ignore_case
    return options
