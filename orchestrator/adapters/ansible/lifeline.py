"""The supervisor's side of the pipes to the orchestrator: its order, the end of its time, its report."""

import os
import select

from orchestrator.adapters.ansible.told import STOP, Order, Report

_STDIN, _STDOUT = 0, 1
_LOOK_MS = 500


class Lifeline:
    """Open as long as the orchestrator lives and wants the attempt."""

    def __init__(self) -> None:
        self._pending = b""

    def order(self) -> Order | None:
        """Wait for the order; None where the orchestrator ends without needing this supervisor."""
        while b"\n" not in self._pending:
            part = os.read(_STDIN, 65_536)
            if not part:
                return None
            self._pending += part
        line, _, self._pending = self._pending.partition(b"\n")
        return Order.model_validate_json(line)

    def wait_for_end(self, *, parent: int) -> bool:
        """Wait until the attempt must end: true where the orchestrator stops it, false where the orchestrator died.

        The kernel closes the pipe however a process dies. Its number is looked at too, for the case that another
        process has inherited the other end.
        """
        poller = select.poll()
        poller.register(_STDIN, select.POLLIN | select.POLLHUP)
        while os.getppid() == parent:
            if poller.poll(_LOOK_MS):
                part = os.read(_STDIN, 65_536)
                self._pending += part
                if not part or STOP in self._pending:
                    break
        return STOP in self._pending

    def report(self, report: Report) -> None:
        """Say how it ended. One that is no longer there needs no answer."""
        try:
            os.write(_STDOUT, report.model_dump_json().encode() + b"\n")
        except BrokenPipeError:
            return
