"""Runs playbooks (`ports.PlaybookRunner`): the events of each as they arrive, and then how it ended.

Each attempt has a process and a directory of its own; a stop leaves nothing of it running, here or on a target.
"""

from pathlib import Path
from threading import Lock
from typing import Self

from orchestrator.adapters.ansible.attempt import Ending, carry_out
from orchestrator.adapters.ansible.events import EventReader, Fits, all_fit
from orchestrator.adapters.ansible.layout import lay_out, mark_of
from orchestrator.adapters.ansible.scratch import (
    close_attempt,
    close_run,
    keep_only_mark,
    open_attempt,
    open_run,
    scratch_base,
    sockets_of,
    unended_marks,
)
from orchestrator.adapters.ansible.sockets import close_masters
from orchestrator.adapters.ansible.supervision import Reserve, Supervisor
from orchestrator.adapters.ansible.sweeping import sweep_run
from orchestrator.adapters.ansible.told import Order
from orchestrator.adapters.inventory import ListedInventory, list_inventory
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.events import PlaybookFinished
from orchestrator.core.plan import PinnedHost
from orchestrator.core.ports import PlaybookAct, Record, Stop
from orchestrator.errors import RepriseError
from orchestrator.secrets import Secret

_LONGEST_FAULT = 300


class AnsibleRunner:
    """Playbooks of one run or of several. SSH connections stay warm from step to step, and end with the block.

    Args:
        connections: SSH of our own to the same hosts, to end there what a stopped step left running.
        base: Where attempts live while they run; by default in memory, private to this account.
        vault_password: Of Ansible Vault.
        fits: Whether a claim of a playbook may be in evidence; what may not is dropped, and said to be.
    """

    def __init__(
        self,
        *,
        connections: SshConnections,
        base: Path | None = None,
        vault_password: Secret | None = None,
        fits: Fits = all_fit,
    ) -> None:
        self._connections, self._vault_password = connections, vault_password
        self._fits = fits
        self._base = base or scratch_base()
        self._reserve = Reserve()
        self._runs: set[Path] = set()
        self._inventories: dict[Path, ListedInventory] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._reserve.fill()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the kept connections and remove every trace on this machine, but for what a sweep has to know."""
        self._reserve.close()
        for directory in sorted(self._runs):
            close_masters(sockets_of(directory))
            if not unended_marks(directory):
                close_run(directory)
        self._runs.clear()

    def run(self, act: PlaybookAct, *, record: Record, stop: Stop) -> None:
        """See `ports.PlaybookRunner`."""
        reader = EventReader(step=act.step.id, attempt=act.attempt, fits=self._fits)
        ending = self._attempt(act, reader=reader, record=record, stop=stop)
        record(_finished(act, reader=reader, ending=ending, unmatched=self._unmatched(act, reader)))

    def sweep(self, *, run_id: str, hosts: tuple[PinnedHost, ...]) -> tuple[str, ...]:
        """See `ports.PlaybookRunner`."""
        names = tuple(host.name for host in hosts)
        return sweep_run(self._base, run_id=run_id, hosts=names, connections=self._connections)

    def _unmatched(self, act: PlaybookAct, reader: EventReader) -> int:
        """How many plays were left out that name somebody: a group that a playbook makes for itself may be empty."""
        return sum(self._inventory(act.inventory).names_one_of(patterns) for patterns in reader.unmatched)

    def _attempt(self, act: PlaybookAct, *, reader: EventReader, record: Record, stop: Stop) -> Ending:
        try:
            order, supervisor = self._prepared(act)
        except RepriseError as error:
            return Ending(exit_code=None, fault=f"it was not started: {error}")
        except OSError as error:
            return Ending(exit_code=None, fault=f"it was not started: {error.strerror}")
        unended = False
        try:
            ending = carry_out(
                order,
                supervisor=supervisor,
                reader=reader,
                record=record,
                stop=stop,
                connections=self._connections,
                begun=self._reserve.fill,
            )
            unended = ending.unended
            return ending
        finally:
            (keep_only_mark if unended else close_attempt)(order.directory)

    def _prepared(self, act: PlaybookAct) -> tuple[Order, Supervisor]:
        """The attempt's directory, filled, and who will work in it; nothing of it is left where that fails."""
        addresses = tuple(self._connections.address(host.name) for host in act.hosts)
        listed = self._inventory(act.inventory).listed
        run = open_run(self._base, run_id=act.run_id)
        self._runs.add(run)
        directory = open_attempt(run, mark=mark_of(act))
        try:
            order = lay_out(
                act,
                directory=directory,
                sockets=sockets_of(run),
                listed=listed,
                addresses=addresses,
                vault_password=self._vault_password,
            )
            return order, self._reserve.take()
        except BaseException:
            close_attempt(directory)
            raise

    def _inventory(self, path: Path) -> ListedInventory:
        """Listed once: what a run rests on does not change under it."""
        with self._lock:
            if path not in self._inventories:
                self._inventories[path] = list_inventory(path, vault_password=self._vault_password)
            return self._inventories[path]


def _finished(act: PlaybookAct, *, reader: EventReader, ending: Ending, unmatched: int) -> PlaybookFinished:
    dropped = f"{reader.dropped} claims are no flat name with a short value, and were dropped" if reader.dropped else ""
    unfit = f"{reader.unfit} claims hold what evidence must not hold, and were dropped" if reader.unfit else ""
    said = "; ".join(filter(None, (ending.fault, ending.note, dropped, unfit)))
    return PlaybookFinished(
        step=act.step.id,
        attempt=act.attempt,
        complete=not ending.fault,
        exit_code=ending.exit_code,
        hosts=reader.hosts or {},
        unmatched=unmatched,
        fault=said[:_LONGEST_FAULT],
    )
