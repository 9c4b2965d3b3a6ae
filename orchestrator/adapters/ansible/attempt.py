"""Carries out one attempt: follows its supervisor, journals what arrives, and makes sure that what ended has ended."""

from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from orchestrator.adapters.ansible.events import EventReader
from orchestrator.adapters.ansible.layout import EVENTS
from orchestrator.adapters.ansible.listener import Line, Listener
from orchestrator.adapters.ansible.processes import end, marked
from orchestrator.adapters.ansible.reaper import reap
from orchestrator.adapters.ansible.settings import LOCAL_MARK
from orchestrator.adapters.ansible.supervision import Supervisor
from orchestrator.adapters.ansible.told import Order, Report
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.ports import Record, Stop

_STOP_LOOK_SECONDS = 0.05
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an attempt ended.

    Attributes:
        exit_code: Ansible's; None where it was killed, stopped or never started.
        fault: Why it is not known how it ended; empty where it is.
        note: What has to be told though it is known how it ended.
        unended: Whether something of it may still run somewhere.
    """

    exit_code: int | None
    fault: str
    note: str = ""
    unended: bool = False


def carry_out(
    order: Order,
    *,
    supervisor: Supervisor,
    reader: EventReader,
    record: Record,
    stop: Stop,
    connections: SshConnections,
    begun: Callable[[], object],
) -> Ending:
    """Run the playbook of an order to its end, or until the stop.

    Args:
        order: The attempt, laid out.
        supervisor: One that has no order yet. It has ended when this returns.
        reader: Makes events of what arrives.
        record: Where they go, one after the other, from this thread.
        stop: Looked at between any two events, and every 50 ms.
        connections: To end on the targets what was stopped.
        begun: Called once the supervisor has its order.
    """
    with Listener(order.directory / EVENTS) as listener:
        supervisor.begin(order, ended=lambda: listener.lines.put(None))
        try:
            begun()
            _follow(listener.lines, reader=reader, record=record, stop=stop)
        except BaseException:
            # The journal's own error passes through. Nothing goes on that nobody writes down, here or on a target.
            supervisor.stop()
            _end_all(order, report=supervisor.report(), connections=connections)
            raise
        stopped = stop.requested
        supervisor.stop()
        report = supervisor.report()
        listener.finish()
        _take_rest(listener.lines, reader=reader, record=record)
    return _ending(order, report=report, stopped=stopped, reader=reader, connections=connections)


def _follow(lines: "SimpleQueue[Line]", *, reader: EventReader, record: Record, stop: Stop) -> None:
    while not stop.requested:
        try:
            line = lines.get(timeout=_STOP_LOOK_SECONDS)
        except Empty:
            continue
        if line is None:
            return
        _take(line, reader=reader, record=record)


def _take_rest(lines: "SimpleQueue[Line]", *, reader: EventReader, record: Record) -> None:
    while not lines.empty():
        line = lines.get_nowait()
        if line is not None:
            _take(line, reader=reader, record=record)


def _take(line: bytes, *, reader: EventReader, record: Record) -> None:
    for event in reader.read(line):
        record(event)


def _ending(
    order: Order, *, report: Report | None, stopped: bool, reader: EventReader, connections: SshConnections
) -> Ending:
    if report is None or report.exit_code is None or reader.hosts is None:
        # Ansible had no orderly end, and what it had begun on a target goes on there.
        left = _end_all(order, report=report, connections=connections)
        fault = "; ".join((_reason(report, stopped=stopped, reader=reader), *left))
        return Ending(exit_code=report.exit_code if report else None, fault=fault, unended=bool(left))
    # So does a task whose connection was lost, and the next attempt would run beside it.
    lost = any(tally.unreachable for tally in reader.hosts.values())
    left = _end_all(order, report=report, connections=connections) if lost or report.left else ()
    return Ending(exit_code=report.exit_code, fault=reader.fault, note="; ".join(left), unended=bool(left))


def _reason(report: Report | None, *, stopped: bool, reader: EventReader) -> str:
    if stopped:
        return "stopped"
    if report is None:
        return "the process that supervised the playbook was killed"
    if not reader.began and report.said:
        return report.said
    return "Ansible was killed" if report.exit_code is None else reader.fault


def _end_all(order: Order, *, report: Report | None, connections: SshConnections) -> tuple[str, ...]:
    """End what is left, here where the supervisor could not, and on every target; return what may still run."""
    here = report.left if report is not None else tuple(sorted(_end_here(order)))
    there = reap(tuple(target.name for target in order.targets), mark=order.mark, connections=connections)
    return (*(f"process {process} cannot be ended here" for process in here), *(r.fault for r in there if r.fault))


def _end_here(order: Order) -> frozenset[int]:
    def left() -> set[int]:
        return marked(name=LOCAL_MARK, value=order.mark)

    return end(left, grace_seconds=0, patience_seconds=_PATIENCE_SECONDS)
