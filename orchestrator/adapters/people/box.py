"""Answers to the steps of one run, as files: each delivered whole or not at all, and at most one for a step.

Knows nothing of what an answer says: whether it counts is decided by whoever reads it.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from orchestrator.durable import sync_directory, write_durably
from orchestrator.errors import AnswerError, StoreError

LARGEST_BYTES = 65_536
"""Of an answer: more than any that counts."""


class AnswerBox:
    """The answers to one run, in a directory that those who answer may write to.

    Args:
        directory: Made when something is put there.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, step: str, content: bytes) -> None:
        """Deliver an answer durably, unless there is one already.

        Raises:
            AnswerError: There is an answer to this step.
            StoreError: The directory cannot be written.
        """
        draft = self._directory / f".{step}.{secrets.token_hex(4)}"
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            write_durably(draft, content)
            try:
                # A link and no rename: what is there already is never replaced.
                os.link(draft, self._file(step))
            finally:
                draft.unlink()
            sync_directory(self._directory)
        except FileExistsError as error:
            hint = "one answer counts: `reprise waiting` shows what still waits"
            raise AnswerError(f"{step}: there is an answer to this step already", hint=hint) from error
        except OSError as error:
            hint = "whoever answers needs to be able to write there"
            raise StoreError(f"{self._directory}: {error.strerror}: the answer is not delivered", hint=hint) from error

    def take(self, step: str) -> bytes | None:
        """What was delivered for a step; None where nothing was. It stays, so that no second one is taken.

        Raises:
            AnswerError: What is there is no file that an answer could be in.
        """
        try:
            # Neither through a link nor from a pipe: what is there was put there by somebody else.
            file = os.open(self._file(step), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AnswerError(f"{step}: the answer cannot be read: {error.strerror}") from error
        with os.fdopen(file, "rb") as opened:
            return _content(opened.fileno(), step=step)

    def set_aside(self, step: str) -> None:
        """Put away what was delivered for a step, if anything was, so that another answer may come."""
        aside = self._directory / f"{step}.{secrets.token_hex(4)}.refused"
        with suppress(FileNotFoundError):
            self._file(step).rename(aside)

    def _file(self, step: str) -> Path:
        return self._directory / f"{step}.json"


def _content(file: int, *, step: str) -> bytes:
    try:
        content = os.read(file, LARGEST_BYTES + 1)
    except OSError as error:
        raise AnswerError(f"{step}: the answer cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_BYTES:
        raise AnswerError(f"{step}: the answer is longer than {LARGEST_BYTES} bytes")
    return content
