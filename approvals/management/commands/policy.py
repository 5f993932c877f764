"""Carry a sign-up policy out and in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from approvals.management.command import OneLineCommand, find_flow, find_person
from approvals.policy import transfer, versions, words
from approvals.policy.document import parse


class Command(OneLineCommand):
    """`policy export|import|show SLUG …`, `policy check --file FILE`"""

    help = "Export, import, show and check the sign-up policy of a user flow, as YAML."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, with which flow and which file."""
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="export|import|show|check")
        export = deeds.add_parser("export", help="write the policy and its lists as YAML")
        export.add_argument("slug")
        export.add_argument("--file", default="-", help="where to; standard output, if left out")
        import_ = deeds.add_parser("import", help="put a file in force as the newest version, its lists with it")
        import_.add_argument("slug")
        import_.add_argument("--file", required=True, help="the YAML; - for standard input")
        import_.add_argument("--by", metavar="USERNAME", help="an administrator in whose name; the system, if left out")
        import_.add_argument("--comment", default="", help="what changed, for those who read the versions")
        show = deeds.add_parser("show", help="the rules in force, in plain words")
        show.add_argument("slug")
        check = deeds.add_parser("check", help="say what is wrong with a file, and change nothing")
        check.add_argument("--file", required=True, help="the YAML; - for standard input")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it. What a file is refused for is told in one line, all of it."""
        deeds = {"export": self._export, "import": self._import, "show": self._show, "check": self._check}
        deeds[options["deed"]](options)

    def _export(self, options: dict[str, Any]) -> None:
        written = transfer.export_policy(find_flow(options["slug"]))
        if options["file"] == "-":
            self.stdout.write(written, ending="")
            return
        try:
            Path(options["file"]).write_text(written, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"the file cannot be written: {error.strerror}.") from error

    def _import(self, options: dict[str, Any]) -> None:
        flow, actor = find_flow(options["slug"]), find_person(options["by"]) if options["by"] else None
        before = versions.current(flow)
        version = transfer.import_policy(flow, _read(options["file"]), actor=actor, comment=options["comment"])
        unchanged = before is not None and before.pk == version.pk
        self.stdout.write(f"{flow.slug}: version {version.number}{' (unchanged)' if unchanged else ''}")

    def _show(self, options: dict[str, Any]) -> None:
        version = versions.current(find_flow(options["slug"]))
        if version is None:
            raise CommandError("this user flow has no policy.")
        for sentence in words.policy(parse(version.document)):
            self.stdout.write(sentence)

    def _check(self, options: dict[str, Any]) -> None:
        found = transfer.from_yaml(_read(options["file"]))
        self.stdout.write(f"{len(found.document['rules'])} rules, {len(found.lists)} lists: nothing to mend.")


def _read(file: str) -> str:
    """The text of a file, or of standard input. Raises CommandError."""
    most = transfer.LARGEST_FILE * 4 + 1
    try:
        if file == "-":
            return sys.stdin.read(most)
        with Path(file).open(encoding="utf-8") as opened:
            return opened.read(most)
    except OSError as error:
        raise CommandError(f"the file cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError("the file is not in UTF-8.") from error
