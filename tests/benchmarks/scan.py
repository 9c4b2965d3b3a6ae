"""How long the scan before signing takes, and that twice as much takes twice as long.

Run as `python -m tests.benchmarks.scan`, on a machine that has nothing else to do. Prints medians of processor time.
"""

import random
import statistics
import sys
import time
from collections.abc import Iterator

from orchestrator.core.canonical import sha256
from orchestrator.core.events import (
    Event,
    PlaybookFinished,
    ProbeAnswered,
    StepFinished,
    StepStarted,
    TaskObserved,
    TaskOutcome,
)
from orchestrator.core.journal import format_line
from orchestrator.core.model import Outcome
from orchestrator.core.samples import SAMPLE_COLUMNS, Sample, format_sample, header
from orchestrator.testing import FakeClock, MemoryJournal
from reports.materials import JOURNAL
from reports.scan import NO_RULES_OF_OUR_OWN, OwnRules, build_own_rules, find

ROUNDS = 5
TASKS = 12
"""Of a step: about 5 kB of journal with its probe and the rest."""
DRAWN = random.Random(2026)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def main() -> None:
    """Print one line for each size, without rules of its own and with a long list of names."""
    own = _own_rules(names=100_000)
    sys.stdout.write(f"{'steps':>6} {'journal':>9} {'series':>9} {'scan':>8} {'with 100 000 names':>19}\n")
    for steps in (250, 500, 1_000, 2_000):
        files = {JOURNAL: _journal(steps), "samples/service.csv": _series(36 * steps)}
        assert find(files, own=own) == ()
        sizes = " ".join(f"{len(content) / 1e6:6.1f} MB" for content in files.values())
        times = f"{_median(files, own=NO_RULES_OF_OUR_OWN):6.2f} s {_median(files, own=own):17.2f} s"
        sys.stdout.write(f"{steps:6} {sizes} {times}\n")


def _median(files: dict[str, bytes], *, own: OwnRules) -> float:
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        find(files, own=own)
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def _own_rules(*, names: int) -> OwnRules:
    def drawn() -> str:
        return "zz" + "".join(DRAWN.choices(LETTERS, k=8))

    patterns = {"ipp": r"\bIPP[ :]{0,3}\d{8,10}\b", "nda": r"\bNDA\d{9}\b"}
    return build_own_rules(patterns=patterns, names=((drawn(), drawn()) for _ in range(names)))


def _journal(steps: int) -> bytes:
    """Chained lines, and as in a run most values are new ones."""
    clock = FakeClock()
    memory = MemoryJournal(genesis=sha256(b"plan"), clock=clock)
    for number in range(steps):
        for event in _events(number, now_us=clock.monotonic_us()):
            clock.advance(1_234)
            memory.append(event)
    return b"".join(map(format_line, memory.entries))


def _events(number: int, *, now_us: int) -> Iterator[Event]:
    step, times = f"step-{number}", {"started_us": now_us, "finished_us": now_us + 900}
    yield StepStarted(step=step)
    for task in range(TASKS):
        yield TaskObserved(
            step=step,
            attempt=1,
            host=f"host-{number % 40}",
            task=f"Bring back part {task} of table {number}",
            action="ansible.builtin.command",
            outcome=TaskOutcome.CHANGED,
            **times,
        )
    yield PlaybookFinished(step=step, attempt=1, complete=True, exit_code=0)
    values = {f"public.table_{number}.rows": DRAWN.randrange(10**7), f"public.table_{number}.digest": _digest()}
    yield ProbeAnswered(step=step, attempt=1, self_test=False, answered=True, values=values, **times)
    reason = f"public.table_{number}.digest: {_digest()[:20]}, not the one of before"
    yield StepFinished(step=step, outcome=Outcome.FAILED, reason=reason)


def _digest() -> str:
    return DRAWN.randbytes(32).hex()


def _series(samples: int) -> bytes:
    made = (
        Sample(due_us=due, started_us=due + 60, finished_us=due + 2_400, answered=due % 7 != 0, fault="refused")
        for due in range(10**9, 10**9 + samples * 50_001, 50_001)
    )
    return (header(SAMPLE_COLUMNS) + "".join(map(format_sample, made))).encode()


if __name__ == "__main__":
    main()
