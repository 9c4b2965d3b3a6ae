"""Silences pyHanko while it validates: a rejected file is an answer, not an incident with a traceback."""

import contextlib
import logging
from collections.abc import Iterator

from orchestrator.errors import EvidenceError


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing that pyHanko logs is heard until the block ends."""
    loggers = [logging.getLogger(name) for name in ("pyhanko", "pyhanko_certvalidator")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def refusing(message: str) -> Iterator[None]:
    """Whatever hostile bytes make the parsers raise (their errors are many and undocumented) means the same: no."""
    try:
        with quiet():
            yield
    except EvidenceError:
        raise
    except Exception as error:
        raise EvidenceError(message) from error
