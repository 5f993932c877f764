"""Set up, show or switch off the identity verification of a flow."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from approvals.management.command import OneLineCommand, find_flow
from approvals.models import UserFlow
from connector.models import VerificationService
from connector.verification.base import Vendor
from connector.verification.sealing import SealBroken
from connector.verification.setting_up import RULES, configure, find, seal_anew, switch_off

LARGEST_FILE = 100_000
UNREADABLE = "the settings cannot be read: SECRET_KEY was replaced. Name the old one in SECRET_KEY_FALLBACKS, or set them all again."


class Command(OneLineCommand):
    """`verification SLUG [--kind KIND] [--set NAME=VALUE]… [--mode M] [--on-failed F] [--tries N] [--seal-anew|--off] [--json]`"""

    help = "Show a flow's identity verification; with options, set it up or switch it off. Secrets come from files."

    def add_arguments(self, parser: CommandParser) -> None:
        """The flow, and what to do."""
        parser.add_argument("slug")
        parser.add_argument("--kind", help="which service; else the present one")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a setting; @FILE for what stands in a file, - for standard input; secrets only so",
        )
        parser.add_argument("--mode", choices=VerificationService.Mode.values)
        parser.add_argument("--on-failed", choices=VerificationService.OnFailed.values)
        parser.add_argument("--tries", type=int, metavar="N", help="how often an applicant may correct the form")
        parser.add_argument("--budget-seconds", type=int, metavar="N", help="how long an applicant waits at most")
        parser.add_argument("--seal-anew", action="store_true", help="encrypt the settings with the present SECRET_KEY")
        parser.add_argument("--off", action="store_true", help="verify nobody, and forget the settings")
        parser.add_argument("--json", action="store_true", help="as a JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what was asked, and show what is set up then."""
        flow = find_flow(options["slug"])
        rules = {name: options[name] for name in RULES if options[name] is not None}
        changes = bool(options["kind"] or options["set"] or rules)
        if sum((changes, options["off"], options["seal_anew"])) > 1:
            raise CommandError("--off and --seal-anew go with no other option.")
        if options["off"]:
            self._switch_off(flow)
            return
        if options["seal_anew"]:
            self._seal_anew(flow)
            return
        if changes:
            self._configure(flow, options, rules)
        self._show(flow, as_json=options["json"])

    def _seal_anew(self, flow: UserFlow) -> None:
        try:
            sealed = seal_anew(flow, actor=None)
        except SealBroken:
            raise CommandError(UNREADABLE) from None
        if not sealed:
            raise CommandError(f"the flow “{flow.slug}” has no verification service.")
        self.stdout.write(f"The settings of “{flow.slug}” are sealed with the present SECRET_KEY.")

    def _switch_off(self, flow: UserFlow) -> None:
        if not switch_off(flow, actor=None):
            raise CommandError(f"the flow “{flow.slug}” has no verification service.")
        self.stdout.write(f"Nobody is verified in “{flow.slug}” any more.")

    def _configure(self, flow: UserFlow, options: dict[str, Any], rules: dict[str, Any]) -> None:
        present = VerificationService.objects.filter(flow=flow).first()
        kind = options["kind"] or (present.kind if present else "")
        if not kind:
            raise CommandError("say which service, with --kind.")
        vendor = find(kind)
        configure(flow, kind, read_settings(vendor, options["set"]), actor=None, **rules)

    def _show(self, flow: UserFlow, *, as_json: bool) -> None:
        service = VerificationService.objects.filter(flow=flow).first()
        if service is None:
            raise CommandError(f"the flow “{flow.slug}” has no verification service; set one up with --kind and --set.")
        told, settings = {"kind": service.kind, **{name: getattr(service, name) for name in RULES}}, shown(service)
        if as_json:
            self.print_json({**told, "settings": settings})
            return
        for name, value in {**told, **settings}.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {str(value).partition(chr(10))[0]}")


def read_settings(vendor: Vendor, typed: list[str]) -> dict[str, str]:
    """The settings as they were typed, with what stands in files. Raises CommandError; a secret is never repeated."""
    secrets = {field.name for field in vendor.fields if field.secret}
    pairs = [each.partition("=") for each in typed]
    if sum(value == "-" for _name, _equals, value in pairs) > 1:
        raise CommandError("only one setting can come from standard input.")
    settings = {}
    for name, equals, value in pairs:
        if not equals:
            raise CommandError("write settings as --set NAME=VALUE.")
        if name in secrets and value != "-" and not value.startswith("@"):
            raise CommandError(f"{name} is a secret: write --set {name}=@FILE, or --set {name}=- for standard input.")
        settings[name] = _value(name, value)
    return settings


def shown(service: VerificationService) -> dict[str, str]:
    """The settings as anybody may see them. Raises CommandError when they cannot be read."""
    try:
        settings = service.settings()
    except SealBroken:
        raise CommandError(UNREADABLE) from None
    secrets = {field.name for field in find(service.kind).fields if field.secret}
    return {name: "(set)" if name in secrets and value else value for name, value in settings.items()}


def _value(name: str, value: str) -> str:
    if value == "-":
        return sys.stdin.read(LARGEST_FILE)
    if not value.startswith("@"):
        return value
    try:
        with Path(value[1:]).open(encoding="utf-8") as file:
            return file.read(LARGEST_FILE)
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise CommandError(f"{name}: the file cannot be read: {why}.") from None
