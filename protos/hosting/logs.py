"""Operational logs: JSON lines whose fields are policed.

Layer: protos.hosting. Threat: personal data, encodings or keys in a log. Only fields on the
allow-list are written, each as a short scalar; anything else is replaced by its type, and exceptions
that Clew did not raise are logged by type and place, never by message, because a foreign message may
quote a value.
"""

import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from crypto.errors import ClewError

ALLOWED_FIELDS = frozenset(
    """
    event level timestamp service member role method code request_id round_id number state count
    records clusters pairs seconds version size port kind rules error place
    """.split()  # noqa: SIM905  (a table of words reads better than a list of quoted strings)
)
MAX_FIELD_CHARS = 200


def open_log(path: Path, service: str) -> structlog.stdlib.BoundLogger:
    """Return a logger that appends JSON lines to a file readable by its owner only."""
    path.touch(mode=0o600)
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(path.open("a", encoding="utf-8", buffering=1)),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            police_fields,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
    )
    return logger.bind(service=service)


def police_fields(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Keep allow-listed short scalars; name only the type of anything else."""
    return {key: _scalar(value) for key, value in event.items() if key in ALLOWED_FIELDS}


def describe_failure(error: BaseException) -> dict[str, str]:
    """Return loggable fields for an exception: Clew's own message, or type and place of a foreign one."""
    if isinstance(error, ClewError):
        return {"error": error.public_message, "code": error.code}
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
    return {"error": type(error).__name__, "place": place}


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return value[:MAX_FIELD_CHARS]
    return value if isinstance(value, int | float | bool | type(None)) else type(value).__name__
