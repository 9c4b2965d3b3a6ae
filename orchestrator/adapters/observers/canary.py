"""The process of a canary: commits numbered markers at a fixed period, and writes down which were acknowledged when."""

import sys
from pkgutil import resolve_name

from orchestrator.adapters.observers.lifeline import Lifeline, carry_out, tell
from orchestrator.adapters.observers.questions import CanaryQuestion, Ready
from orchestrator.adapters.observers.series import SeriesWriter
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.ports import CanaryTechnique, CanaryWriter
from orchestrator.core.samples import MARKER_COLUMNS, Marker, format_marker


def mark(question: CanaryQuestion) -> None:
    """Commit markers until the lifeline ends, numbered from 1."""
    # Connections of its own: those of its parent end with it, and none is shared between processes.
    connections = SshConnections(hosts=question.hosts, known_hosts=question.known_hosts)
    technique: CanaryTechnique = resolve_name(question.technique)(connections=connections)
    writer = technique.writer(question.source, run_id=question.run_id)
    beats = Lifeline(parent=question.parent).beats(every_us=question.every_us)
    with SeriesWriter(question.file, columns=MARKER_COLUMNS) as series:
        for number, _ in enumerate(beats, start=1):
            series.append(format_marker(_commit(writer, number, timeout_us=question.timeout_us)))
            if number == 1:
                tell(Ready())
    writer.close()
    connections.close()


def _commit(writer: CanaryWriter, number: int, *, timeout_us: int) -> Marker:
    sent_us = monotonic_us()
    fault = writer.commit(number, deadline_us=sent_us + timeout_us)
    acknowledged_us = None if fault else monotonic_us()
    return Marker(number=number, sent_us=sent_us, acknowledged_us=acknowledged_us, fault=fault)


if __name__ == "__main__":
    sys.exit(carry_out(CanaryQuestion, mark))
