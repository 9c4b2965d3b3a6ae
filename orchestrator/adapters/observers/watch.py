"""The process of a watch: asks a service the same question at a fixed period, and writes the answers down."""

import sys
from pkgutil import resolve_name

from orchestrator.adapters.observers.lifeline import Lifeline, carry_out, tell
from orchestrator.adapters.observers.questions import Changed, Ready, WatchQuestion
from orchestrator.adapters.observers.series import SeriesWriter
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.ports import Asker
from orchestrator.core.samples import SAMPLE_COLUMNS, Sample, format_sample


def watch(question: WatchQuestion) -> None:
    """Watch until the lifeline ends."""
    asker: Asker = resolve_name(question.asker)(question.source, timeout_us=question.timeout_us)
    answers: bool | None = None
    with SeriesWriter(question.file, columns=SAMPLE_COLUMNS) as series:
        for due_us in Lifeline(parent=question.parent).beats(every_us=question.every_us):
            sample = _ask(asker, due_us=due_us, timeout_us=question.timeout_us)
            series.append(format_sample(sample))
            if answers is None:
                tell(Ready())
            if sample.answered is not answers:
                tell(Changed(answers=sample.answered, sample_us=sample.started_us))
                answers = sample.answered
    asker.close()


def _ask(asker: Asker, *, due_us: int, timeout_us: int) -> Sample:
    started_us = monotonic_us()
    fault = asker.ask(deadline_us=started_us + timeout_us)
    return Sample(due_us=due_us, started_us=started_us, finished_us=monotonic_us(), answered=not fault, fault=fault)


if __name__ == "__main__":
    sys.exit(carry_out(WatchQuestion, watch))
