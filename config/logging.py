"""Logs as JSON lines on standard error, each with the id of the request or task that it belongs to.

An event has a constant name and fields; fields hold ids and codes, never claims, addresses, tokens or secrets.
"""

from __future__ import annotations

import logging.config
import sys
from functools import partial
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "exception": logging.ERROR,
    "critical": logging.CRITICAL,
}


def traceback_without_values(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace an exception by its type and the places it passed: its message may quote a claim or an address."""
    error = event.pop("exc_info", None)
    if error:
        event["error"], event["where"] = _describe(error)
    return event


def _describe(error: Any) -> tuple[str, list[str]]:
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if error is None:
        return "unknown", []
    places, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return f"{type(error).__module__}.{type(error).__qualname__}", places[-12:]


def drop_unwanted(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Let through what the standard library would: its levels and `logging.disable` hold for our lines, too."""
    if logger.isEnabledFor(_LEVELS[method]):
        return event
    raise structlog.DropEvent


class OwnLogger:
    """Writes a line of ours where the handler writes those of the libraries, without the standard library's detour.

    A line that cannot be written is lost, as a library's would be: a full disk is no reason to fail a call.
    """

    def __init__(self, handler: logging.StreamHandler[Any], name: str) -> None:
        self.name = name
        self.isEnabledFor = logging.getLogger(name).isEnabledFor
        self._handler = handler

    def write(self, line: str) -> None:
        """Write it at once, and whole."""
        handler = self._handler
        handler.acquire()
        try:
            handler.stream.write(f"{line}\n")
            handler.stream.flush()
        except (OSError, ValueError):
            pass
        finally:
            handler.release()

    debug = info = warning = error = critical = exception = write


def logging_config(*, level: str, renderer: str) -> None:
    """Write every log line of the process, ours and the libraries', in one form: `json` or `console`."""
    final = structlog.processors.JSONRenderer() if renderer == "json" else structlog.dev.ConsoleRenderer(colors=False)
    logging.config.dictConfig(_handlers(level, final))
    root: Any = logging.getLogger()
    processors: list[Any] = [drop_unwanted, *SHARED, traceback_without_values, final]
    structlog.configure(
        processors=processors,
        logger_factory=partial(OwnLogger, root.handlers[0]),
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        cache_logger_on_first_use=True,
    )


def _handlers(level: str, final: Any) -> dict[str, Any]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*SHARED, structlog.stdlib.ExtraAdder(allow=())],
                "processors": [strip, traceback_without_values, final],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # These speak at INFO of every call, with its full address: filters hold mail addresses.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "msal": {"level": "WARNING"},
            "axes": {"level": "ERROR"},
            "celery.app.trace": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},
        },
    }
