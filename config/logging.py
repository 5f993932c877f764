"""Logs as JSON lines on standard error, each with the id of the request or task that it belongs to.

An event has a constant name and fields; fields hold ids and codes, never claims, addresses, tokens or secrets.
"""

from __future__ import annotations

import logging.config
import sys
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


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


def logging_config(*, level: str, renderer: str) -> None:
    """Send every log line of the process, ours and the libraries', through one renderer: `json` or `console`."""
    final = structlog.processors.JSONRenderer() if renderer == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_handlers(level, final))


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
