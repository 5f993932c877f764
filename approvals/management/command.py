"""What all of Foyer's commands have in common: exit 0 when it was done, else one line on standard error and exit 1."""

from __future__ import annotations

import json
import logging
import os
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterable
from textwrap import indent
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import NON_FIELD_ERRORS, ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, handle_default_options
from django.db import OperationalError, ProgrammingError, connections

from approvals.errors import ApprovalError
from approvals.models import UserFlow

WITH_LOG_LINES = 2  # --verbosity from which the log is written too


class OneLineCommand(BaseCommand):
    """A command that scripts can rely on. Called from Python it raises CommandError instead."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """A parser whose complaints are CommandErrors, not argparse's usage text and exit code 2."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.called_from_command_line = False
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as `manage.py` does; a refusal is one line and exit code 1, a traceback only with --traceback."""
        show_all = "--traceback" in argv
        try:
            options = vars(self.create_parser(argv[0], argv[1]).parse_args(argv[2:]))
            handle_default_options(Namespace(**options))
            if options["verbosity"] < WITH_LOG_LINES:
                # Standard error is for the refusal: what goes well, or is tried again, is not logged on a terminal.
                logging.disable(logging.WARNING)
            self.execute(*options.pop("args", ()), **options)
        except CommandError as refusal:
            if show_all:
                raise
            self.stderr.write(f"{argv[1]}: {in_one_line(refusal)}", self.style.NOTICE)
            sys.exit(1)
        except BrokenPipeError:
            # Whoever read the output has seen enough (`| head`). What is still buffered must not fail at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        finally:
            connections.close_all()

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command. Raises CommandError for whatever it refuses, and for a database that cannot be used."""
        try:
            return super().execute(*args, **options)
        except (ApprovalError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(_by_field(error)) from error
        except UnicodeEncodeError as error:
            raise CommandError("the arguments must be valid UTF-8.") from error
        except (OperationalError, ProgrammingError) as error:
            first_line = str(error).partition("\n")[0]
            raise CommandError(f"the database cannot be used: {first_line} (has `manage.py migrate` run?)") from error

    def print_json(self, value: Any) -> None:
        """Write a value for a program to read."""
        self.stdout.write(json.dumps(value, indent=2))

    def print_json_list(self, values: Iterable[Any]) -> None:
        """Write values as a list, each as it comes."""
        separator = "\n"
        self.stdout.write("[", ending="")
        for value in values:
            self.stdout.write(separator + indent(json.dumps(value, indent=2), "  "), ending="")
            separator = ",\n"
        self.stdout.write("]" if separator == "\n" else "\n]")


def in_one_line(error: Exception) -> str:
    """The error's message without its line breaks, and without what argparse's complaints begin with."""
    return " ".join(str(error).removeprefix("Error: ").split()) or type(error).__name__


def _by_field(error: ValidationError) -> str:
    """What is wrong with which field."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    fields = ((name, " ".join(messages)) for name, messages in error.message_dict.items())
    return " ".join(words if name == NON_FIELD_ERRORS else f"{name}: {words}" for name, words in fields)


def find_flow(slug: str) -> UserFlow:
    """The flow with this slug. Raises CommandError."""
    try:
        return UserFlow.objects.get(slug=slug)
    except UserFlow.DoesNotExist:
        raise CommandError(f"there is no user flow “{slug}”.") from None


def find_person(username: str) -> Any:
    """The person with this user name. Raises CommandError."""
    people = get_user_model()
    try:
        return people.objects.get_by_natural_key(username)
    except people.DoesNotExist:
        raise CommandError(f"there is nobody with the user name “{username}”.") from None


def days(typed: str) -> int:
    """A lifetime in whole days, from the command line."""
    if not typed.isascii() or not typed.isdecimal() or not 1 <= int(typed) <= 3650:
        raise ArgumentTypeError("it must be a number of days from 1 to 3650")
    return int(typed)
