"""The environment as Foyer reads it: typed, with secrets from files, and with what `make run` wrote down."""

from __future__ import annotations

import os
from pathlib import Path

from environs import FileAwareEnv

BASE_DIR = Path(__file__).resolve().parent.parent

# FileAwareEnv answers `SECRET_KEY` from the file that `SECRET_KEY_FILE` names, as container secrets come: with a line end.
env = FileAwareEnv(strip_whitespace=True)

VAR = Path(env.str("VAR", str(BASE_DIR / "var"))).resolve()
"""The folder for what a local run keeps: database, broker, demonstration data."""

RUN_ENV = VAR / "env"
"""Where `make run` writes its settings, so that `manage.py` in another terminal means the same system."""


def read_run_settings() -> None:
    """Take over the settings of `make run`, unless the environment is a configuration of its own.

    A SECRET_KEY in the environment says that it is: then not one value comes from a local run's file.
    """
    if not {"SECRET_KEY", "SECRET_KEY_FILE"} & os.environ.keys() and RUN_ENV.is_file():
        env.read_env(str(RUN_ENV), recurse=False)


def file_of(name: str) -> str:
    """The file from which a setting comes, for whoever reads it anew; empty when its value was given itself."""
    return os.environ.get(f"{name}_FILE", "")
