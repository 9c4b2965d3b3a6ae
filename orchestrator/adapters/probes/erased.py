"""Lets a probe in SQL ask about everybody in a ledger of erasures, and say which ledger that was.

The ledger is kept outside of the databases that drills restore and of their backups: a text file on another host, of
one line for each erasure, an opaque id and the instant in UTC. It names nobody, and what is read of it stays here.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit, limit_of
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.model import SHA256
from orchestrator.core.ports import Answer, Probe, Stop
from orchestrator.errors import ProbeError, SshError

KEY = "erased"
"""The key of a question that names a ledger; in braces, the place in its statements where the ids go."""
_PLACE = "{erased}"
# No quote and no backslash can be in an id: between quotes it is the same text for every server.
_LINE = re.compile(r"([0-9A-Za-z._-]{1,64}) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")


class LedgerQuestion(Question):
    """Where a ledger is. `{name}` in the path is the host's inventory variable of that name."""

    host: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Who was erased, in the order of the lines; an id may come again. `sha256`: of the file as it was read."""

    ids: tuple[str, ...]
    sha256: SHA256


Fill = Callable[[Mapping[str, Any], Ledger], dict[str, Any]]
"""Makes of a question with a ledger the one that the probe itself is asked."""


class ErasedProbe:
    """A probe whose question may have `erased: {host, path}`, and then `{erased}` in each statement.

    In SQL, unless `fill` says how else it is asked about people.

    The answer has `ledger.lines` and `ledger.sha256` beside what the statements give.
    """

    def __init__(self, probe: Probe, *, connections: SshConnections, fill: "Fill | None" = None) -> None:
        self._probe = probe
        self._connections = connections
        self._fill = fill or about

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        if KEY not in question:
            return self._probe.ask(question, timeout_us=timeout_us, stop=stop)
        place = read_question(LedgerQuestion, question[KEY], probe=KEY)
        limit = limit_of(timeout_us, stop=stop)
        try:
            ledger = self._read(place, limit=limit)
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])
        answer = self._probe.ask(self._fill(question, ledger), timeout_us=max(1, limit.left_us), stop=stop)
        seen: Values = {"ledger.lines": len(ledger.ids), "ledger.sha256": ledger.sha256}
        return replace(answer, values=answer.values | seen) if answer.answered else answer

    def _read(self, place: LedgerQuestion, *, limit: Limit) -> Ledger:
        try:
            path = self._connections.address(place.host).fill(place.path)
            arguments = ["cat", "--", path]
            result = self._connections.run(place.host, arguments, timeout_us=max(1, limit.left_us), stop=limit.stop)
        except SshError as error:
            raise NoAnswerError(f"ledger of erasures: {error}") from error
        if result.exit_code != 0:
            raise NoAnswerError("ledger of erasures: the host could not read it")
        return parse_ledger(result.stdout)


def parse_ledger(content: bytes) -> Ledger:
    """Read what a ledger says. Pure.

    Raises:
        NoAnswerError: It is empty, cut off, or holds a line that is none: whoever that line means would be passed over.
    """
    text = content.decode("utf-8", errors="replace")
    if not text.endswith("\n"):
        raise NoAnswerError("ledger of erasures: " + ("its last line is cut off" if text else "it is empty"))
    found = [_LINE.fullmatch(line) for line in text[:-1].split("\n")]
    if None in found:
        raise NoAnswerError(f"ledger of erasures: line {found.index(None) + 1} is not an id and an instant in UTC")
    return Ledger(ids=tuple(line[1] for line in found if line), sha256=hashlib.sha256(content).hexdigest())


def about(question: Mapping[str, Any], ledger: Ledger) -> dict[str, Any]:
    """The question that the probe itself is asked: without the ledger's place, with its ids in every statement. Pure.

    Raises:
        ProbeError: A statement asks about nobody in the ledger, so that its answer would prove nothing.
    """
    asked = {key: value for key, value in question.items() if key != KEY}
    ids = ", ".join(f"'{one}'" for one in dict.fromkeys(ledger.ids))
    if isinstance(asked.get("query"), str):
        asked["query"] = _filled("query", asked["query"], ids)
    if isinstance(asked.get("queries"), Mapping):
        asked["queries"] = {name: _filled(name, text, ids) for name, text in asked["queries"].items()}
    return asked


def _filled(name: str, statement: object, ids: str) -> str:
    text = str(statement)
    if _PLACE not in text:
        raise ProbeError(f"{name}: asks about nobody in the ledger", hint=f"write `in ({_PLACE})`, or ask it apart")
    return text.replace(_PLACE, ids)
