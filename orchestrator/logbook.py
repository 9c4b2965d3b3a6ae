"""One line for each event, with a stable name and fields: for journald, for a file, for those who search.

Names and short words only, never what a person or a tool said. What is logged is no evidence: the journal is.
"""

import json
import logging
import os
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TextIO

_LOGGER = logging.getLogger("reprise")
_LOGGER.addHandler(logging.NullHandler())
_PLAIN = re.compile(r"[\w.,:/@+%-]+")
_PRIORITIES = {logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6}
"""Of syslog, which journald reads from `<4>` at the beginning of a line."""

Field = str | int | bool | None


class EventName(StrEnum):
    """What is logged of a run and of messages. The names are stable; those of a run are the journal's own."""

    RUN_STARTED = "run_started"
    STEP_STARTED = "step_started"
    STEP_FINISHED = "step_finished"
    PERSON_ASKED = "person_asked"
    STOP_REQUESTED = "stop_requested"
    RUN_INTERRUPTED = "run_interrupted"
    RUN_FINISHED = "run_finished"
    RUN_SEALED = "run_sealed"
    RUN_UNSEALED = "run_unsealed"
    NOTIFIER_FAILED = "notifier_failed"


class Logfmt(logging.Formatter):
    """`ts=... level=info event=step_finished run=... outcome=ok`; for journald its priority, and no time of our own."""

    def __init__(self, *, journald: bool) -> None:
        super().__init__()
        self._journald = journald

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the values hold."""
        fields: Mapping[str, Field] = getattr(record, "fields", {})
        said = [("level", record.levelname.lower()), ("event", record.getMessage()), *fields.items()]
        line = " ".join(f"{name}={_written(value)}" for name, value in said if value is not None)
        if self._journald:
            return f"<{_PRIORITIES.get(record.levelno, 6)}>{line}"
        at = datetime.fromtimestamp(record.created, UTC)
        return f"ts={at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z {line}"


def log_event(name: StrEnum, *, level: int = logging.INFO, **fields: Field) -> None:
    """Log one event: an `EventName`, or one of another part's own. Until `open_log` was called, nothing is written."""
    _LOGGER.log(level, name.value, extra={"fields": fields})


def open_log(stream: TextIO | None = None) -> None:
    """Write what is logged from here on to the error output, or to another stream."""
    stream = stream or sys.stderr
    handler = _Handler(stream)
    handler.setFormatter(Logfmt(journald=_is_journal(stream, os.environ.get("JOURNAL_STREAM", ""))))
    _LOGGER.handlers = [handler]
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name is the library's
        """A log that nobody takes any more ends no drill, and is no reason for a traceback."""


def _is_journal(stream: TextIO, named: str) -> bool:
    """Whether a stream leads to journald: systemd names the device and inode of what it handed over."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{found.st_dev}:{found.st_ino}"


def _written(value: Field) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
