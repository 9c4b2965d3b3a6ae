"""The questions that may be put to Redis: commands that only read, each with how its answer becomes evidence. Pure."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.core.model import Scalar

Reader = Callable[[Any, tuple[str, ...]], Scalar]
"""From an answer, and what the question named behind the command, to a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A command that only reads: how many words follow it, how many of them are sent, what its answer is worth."""

    words: int
    read: Reader
    sent: int | None = None


def plain(text: str) -> Scalar:
    """A whole number where the text is one in its only spelling, else the text: Redis keeps both as text."""
    try:
        number = int(text)
    except ValueError:
        return text
    return number if str(number) == text else text


def _text(answer: Any, words: tuple[str, ...]) -> Scalar:
    del words
    try:
        return plain(answer.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NoAnswerError("it is not text") from error


def _number(answer: Any, words: tuple[str, ...]) -> Scalar:
    del words
    return int(answer)


def _truth(answer: Any, words: tuple[str, ...]) -> Scalar:
    del words
    return bool(answer)


def _role(answer: Any, words: tuple[str, ...]) -> Scalar:
    return _text(answer[0], words)


def _field(answer: Any, words: tuple[str, ...]) -> Scalar:
    """One field of `INFO`, which no command gives alone."""
    lines = answer.decode("utf-8", "replace").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    if words[0] not in fields:
        raise NoAnswerError("there is no such field")
    return plain(fields[words[0]])


def _digest_of_lines(answer: Any, words: tuple[str, ...]) -> Scalar:
    """`ACL LIST` holds digests of passwords: one digest of all of it leaves.

    In which order Redis names the rules of an account is another after each start.
    """
    del words
    return hashlib.sha256(b"\n".join(sorted(b" ".join(sorted(line.split())) for line in answer))).hexdigest()


def _count(answer: Any, words: tuple[str, ...]) -> Scalar:
    del words
    return len(answer)


READABLE: Mapping[str, Readable] = {
    "ACL LIST": Readable(words=0, read=_digest_of_lines),
    "ACL USERS": Readable(words=0, read=_count),
    "ACL WHOAMI": Readable(words=0, read=_text),
    "DBSIZE": Readable(words=0, read=_number),
    "EXISTS": Readable(words=1, read=_truth),
    "EXPIRETIME": Readable(words=1, read=_number),
    "GET": Readable(words=1, read=_text),
    "HEXISTS": Readable(words=2, read=_truth),
    "HGET": Readable(words=2, read=_text),
    "HLEN": Readable(words=1, read=_number),
    "INFO": Readable(words=1, read=_field, sent=0),
    "LASTSAVE": Readable(words=0, read=_number),
    "LLEN": Readable(words=1, read=_number),
    "PING": Readable(words=0, read=_text),
    "ROLE": Readable(words=0, read=_role),
    "SCARD": Readable(words=1, read=_number),
    "SISMEMBER": Readable(words=2, read=_truth),
    "STRLEN": Readable(words=1, read=_number),
    "TTL": Readable(words=1, read=_number),
    "TYPE": Readable(words=1, read=_text),
    "XLEN": Readable(words=1, read=_number),
    "ZCARD": Readable(words=1, read=_number),
}
"""Nothing that writes, waits, or shows more than one value; and nothing that shows the server's own passwords."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A question that may be asked."""

    sent: tuple[str, ...]
    words: tuple[str, ...]
    read: Reader

    def value(self, answer: Any) -> Scalar:
        """What the answer is worth.

        Raises:
            NoAnswerError: There is no such key or field, or it is nothing that can be evidence.
        """
        if answer is None:
            raise NoAnswerError("it is not there")
        return self.read(answer, self.words)


def read_command(command: Sequence[str]) -> Reading:
    """A command of a drill as a question that changes nothing.

    Raises:
        ValueError: It is none of the `READABLE`, or has too many or too few words.
    """
    for length in (2, 1):
        name = " ".join(command[:length]).upper()
        if name in READABLE:
            return _reading(name, tuple(command[length:]), READABLE[name])
    raise ValueError(f"only these are asked: {', '.join(READABLE)}")


def _reading(name: str, words: tuple[str, ...], known: Readable) -> Reading:
    if len(words) != known.words:
        raise ValueError(f"{name} takes {known.words} words behind it")
    return Reading(sent=(*name.split(), *words[: known.sent]), words=words, read=known.read)
