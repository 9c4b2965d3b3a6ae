"""Playbooks that are not run: each attempt does what the test wrote down for it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.core.events import ClaimMade, HostTally, PlaybookFinished, TaskObserved, TaskOutcome
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost
from orchestrator.core.ports import PlaybookAct, Record, Stop
from orchestrator.testing.clock import FakeClock

POLL_US = 50_000
"""How often a hanging play looks at its stop, as `ports.Stop` demands."""


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """How one attempt at a playbook goes.

    Says `effect` half-way: there a test loses the service, meets another thread, requests a stop, or raises.
    """

    took_us: int = 400_000
    failed: bool = False
    complete: bool = True
    exit_code: int | None = 0
    unmatched: int = 0
    """Plays for hosts that the plan does not have."""
    fault: str = ""
    hangs: bool = False
    """Goes on until it is stopped, and then ends incomplete."""
    ends: bool = True
    """False: the runner breaks its promise and records no `PlaybookFinished`."""
    claims: Mapping[str, Scalar] = field(default_factory=dict)
    effect: Callable[[], object] = _nothing


class ScriptedPlaybooks:
    """Implements `ports.PlaybookRunner`.

    Args:
        clock: Advances by what a play takes.
        plays: For each step its attempts, in order; the last one also serves every later attempt. A step that is not
            named here succeeds.
        left_running: What `sweep` finds and ends, once.
    """

    def __init__(
        self, *, clock: FakeClock, plays: Mapping[str, Sequence[Play]] | None = None, left_running: tuple[str, ...] = ()
    ) -> None:
        self._clock, self._plays, self._left_running = clock, dict(plays or {}), left_running
        self._lock = threading.Lock()
        self.acts: list[PlaybookAct] = []
        self.sweeps: list[str] = []

    def run(self, act: PlaybookAct, *, record: Record, stop: Stop) -> None:
        """Go through the play that is written down for this attempt."""
        play = self._next(act)
        begun_us = self._clock.monotonic_us()
        self._clock.advance(play.took_us // 2)
        play.effect()
        self._clock.advance(play.took_us - play.took_us // 2)
        if play.hangs:
            _hang(stop)
        _record(play, act, record=record, begun_us=begun_us, now_us=self._clock.monotonic_us())

    def _next(self, act: PlaybookAct) -> Play:
        with self._lock:
            self.acts.append(act)
            plays = self._plays.get(act.step.id) or (Play(),)
            earlier = sum(other.step.id == act.step.id for other in self.acts) - 1
            return plays[min(earlier, len(plays) - 1)]

    def sweep(self, *, run_id: str, hosts: tuple[PinnedHost, ...]) -> tuple[str, ...]:  # noqa: ARG002 - the port's
        """End what was left running, the first time that it is asked."""
        self.sweeps.append(run_id)
        ended, self._left_running = self._left_running, ()
        return ended


def _hang(stop: Stop) -> None:
    while not stop.wait(POLL_US):
        pass


def _record(play: Play, act: PlaybookAct, *, record: Record, begun_us: int, now_us: int) -> None:
    host = act.hosts[0].name
    step, attempt = act.step.id, act.attempt
    record(
        TaskObserved(
            step=step,
            attempt=attempt,
            host=host,
            task="the only task",
            action="ansible.builtin.command",
            outcome=TaskOutcome.FAILED if play.failed else TaskOutcome.CHANGED,
            started_us=begun_us,
            finished_us=now_us,
        )
    )
    for name, value in play.claims.items():
        record(ClaimMade(step=step, name=name, value=value))
    if play.ends:
        record(_finished(play, step=step, attempt=attempt, host=host))


def _finished(play: Play, *, step: str, attempt: int, host: str) -> PlaybookFinished:
    tally = HostTally(ok=1, failures=1) if play.failed else HostTally(ok=2, changed=1)
    return PlaybookFinished(
        step=step,
        attempt=attempt,
        complete=play.complete and not play.hangs,
        exit_code=None if play.hangs else 2 if play.failed else play.exit_code,
        hosts={} if play.hangs else {host: tally},
        unmatched=play.unmatched,
        fault=play.fault or ("stopped" if play.hangs else ""),
    )
