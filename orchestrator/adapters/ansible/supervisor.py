"""The process that owns one attempt: runs its playbook with ansible-runner, and ends all of it when it must.

It must when the orchestrator says so, and when the orchestrator dies. Run as `python -I -m
orchestrator.adapters.ansible.supervisor`, ahead of time: it waits for its order, so that nobody waits for its imports.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread
from typing import NoReturn

from ansible_runner import Runner, RunnerConfig

from orchestrator.adapters.ansible.complaint import first_complaint
from orchestrator.adapters.ansible.lifeline import Lifeline
from orchestrator.adapters.ansible.processes import command_line, descendants, end, marked
from orchestrator.adapters.ansible.scratch import close_attempt, keep_only_mark
from orchestrator.adapters.ansible.settings import LOCAL_MARK
from orchestrator.adapters.ansible.told import Order, Report

_PR_SET_CHILD_SUBREAPER = 36
_GRACE_SECONDS = 0.3
"""How long Ansible may take to end in good order: it ends its own workers, and their ssh."""
_PATIENCE_SECONDS = 5.0
_LOOK_SECONDS = 0.005


def main() -> int:
    """Wait for the order and carry it out; see the module."""
    # Whatever loses its parent becomes our child, and is found when the attempt must end.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A handler and not SIG_IGN, which Ansible and ssh would inherit: then they could not be asked to end.
        signal.signal(number, lambda *_: None)
    lifeline = Lifeline()
    order = lifeline.order()
    if order is not None:
        Attempt(order, lifeline=lifeline).run()
    return 0


class Attempt:
    """One playbook run in this process, from its start to its report."""

    def __init__(self, order: Order, *, lifeline: Lifeline) -> None:
        self._order = order
        self._lifeline = lifeline
        self._last_word = Lock()

    def run(self) -> None:
        """Run the playbook and report. One of three threads has the last word, and ends the process with it."""
        Thread(target=self._end_when_told, daemon=True).start()
        Thread(target=self._end_with_ansible, daemon=True).start()
        exit_code, said = self._play()
        self._conclude(exit_code=exit_code, said=said)

    def _play(self) -> tuple[int | None, str]:
        try:
            runner = _runner(self._order)
            runner.run()
        except Exception as error:  # noqa: BLE001 - ansible-runner lets anything out, a full disk too
            return None, f"ansible-runner: {getattr(error, 'strerror', None) or error}"
        return runner.rc, first_complaint(self._order.directory) if runner.rc else ""

    def _end_with_ansible(self) -> None:
        """Wait for Ansible itself. ansible-runner waits for its terminal, which others may hold, and 0.1 s more."""
        while not (found := descendants(os.getpid())):
            time.sleep(_LOOK_SECONDS)
        # It is the only one yet: Ansible itself takes far longer to start anything.
        with _held_terminal(found.pop()) as process:
            if _succeeded(process):
                self._conclude(exit_code=0, said="")
        # Otherwise ansible-runner has the last word, as soon as nobody holds the terminal: it knows what was said.
        self._end_here(grace_seconds=0)

    def _conclude(self, *, exit_code: int | None, said: str) -> NoReturn:
        self._last_word.acquire()
        left = self._end_here(grace_seconds=0)
        keep_only_mark(self._order.directory)
        self._report(Report(exit_code=exit_code, said=said, left=tuple(sorted(left))))

    def _end_when_told(self) -> None:
        stopped = self._lifeline.wait_for_end(parent=self._order.parent)
        self._last_word.acquire()
        left = self._end_here(grace_seconds=_GRACE_SECONDS)
        unended = () if stopped else _end_on_targets(self._order)
        # Whoever stops us removes the mark; of a dead orchestrator's attempt it is there as long as something is.
        (keep_only_mark if stopped or left or unended else close_attempt)(self._order.directory)
        self._report(Report(exit_code=None, left=tuple(sorted(left))))

    def _end_here(self, *, grace_seconds: float) -> frozenset[int]:
        return end(self._ours, grace_seconds=grace_seconds, patience_seconds=_PATIENCE_SECONDS)

    def _ours(self) -> set[int]:
        """Every process of the attempt, but for the kept connections, which later steps use."""
        found = descendants(os.getpid()) | marked(name=LOCAL_MARK, value=self._order.mark)
        kept = f"ssh: {self._order.sockets}/".encode()
        return {process for process in found if not command_line(process).startswith(kept)}

    def _report(self, report: Report) -> NoReturn:
        self._lifeline.report(report)
        os._exit(0)


@contextmanager
def _held_terminal(process: int) -> Iterator[int]:
    """Keep a child's terminal open, so that who reads it does not take it for the child's end and reaps the child."""
    link = Path(f"/proc/{process}/fd/1")
    with ExitStack() as held:
        # Between its start and its terminal it is a copy of ourselves, with our own pipes.
        while not _ended(process):
            with suppress(OSError):
                if link.readlink().is_relative_to("/dev/pts"):
                    terminal = os.open(link, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
                    held.callback(os.close, terminal)
                    break
            time.sleep(_LOOK_SECONDS)
        yield process


def _ended(process: int) -> bool:
    return process not in descendants(os.getpid())


def _succeeded(process: int) -> bool:
    """Wait for a child without reaping it. False too where somebody else was faster, who then knows how it ended."""
    try:
        result = os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    except ChildProcessError:
        return False
    return result is not None and (result.si_code, result.si_status) == (os.CLD_EXITED, 0)


def _end_on_targets(order: Order) -> tuple[str, ...]:
    from orchestrator.adapters.ansible.orphan import end_on_targets  # noqa: PLC0415 - paramiko, that few attempts need

    return end_on_targets(order)


def _runner(order: Order) -> Runner:
    """Not `ansible_runner.run`: that writes the variables to files of its own, and replaces signal handlers."""
    config = RunnerConfig(private_data_dir=str(order.directory), quiet=True)
    config.prepare()
    # Last, because ansible-runner puts its own display in the place of ours: it would write every result to files, make
    # the playbook wait for whoever reads them, and drop what is longer than 700 kB.
    config.env.update(order.environment)
    return Runner(config)


if __name__ == "__main__":
    sys.exit(main())
