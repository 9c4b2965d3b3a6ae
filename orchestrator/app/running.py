"""Runs a drill from its plan to its journal's last line."""

import getpass
import os
import pwd
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType

from orchestrator.adapters.system import StopRequest, boot_id
from orchestrator.app.annotations import ended_run
from orchestrator.app.answering import run_lock
from orchestrator.app.people import check_separation
from orchestrator.app.planning import AS_WRITTEN, Prepared, build_plan
from orchestrator.app.runs import find_run
from orchestrator.app.workplace import Workplace
from orchestrator.core.canonical import canonical
from orchestrator.core.journal import Entry
from orchestrator.core.parameters import Variation, write_value
from orchestrator.core.plan import Plan
from orchestrator.engine import Request, execute
from orchestrator.errors import UsageError
from orchestrator.locks import locked
from orchestrator.project import Project
from orchestrator.store import JournalFile, RunDirectory, create_run
from reports.catalogue import Catalogue
from reports.catalogue import Mapping as ControlMapping
from reports.dossier.chronicle import Chronicle
from reports.materials import DRILL, PLAN
from reports.register.log import RegisterLog
from reports.register.of_run import beginning
from reports.scan import OwnRules, scan

Listener = Callable[[Entry], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """The run that is tried again, and what its next attempt must have in common with it."""

    run_id: str
    drill: str
    hosts: tuple[str, ...]
    variation: Variation


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person who starts a run says about it."""

    requester: str | None = None
    reason: str = ""
    change: str = ""
    retry_of: Retried | None = None
    variation: Variation = AS_WRITTEN

    def request(self) -> Request:
        """As the journal keeps it: without a name given, the account that runs the command."""
        return Request(
            requester=self.requester or getpass.getuser(),
            reason=self.reason,
            change=self.change,
            boot_id=boot_id(),
            account=_account(),
        )


def _account() -> str:
    """Of this process, as the system has it: what the environment says of it, whoever runs it can choose."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def plan_drill(workplace: Workplace, name: str, *, variation: Variation = AS_WRITTEN) -> Plan:
    """What would happen, and what would be pinned. Reads the backup catalogue and changes nothing."""
    prepared = Prepared(workplace, name, variation=variation)
    with prepared.connections() as connections:
        return build_plan(prepared, connections=connections, now=workplace.clock.now())


def run_drill(
    workplace: Workplace,
    name: str,
    *,
    asked: Asked,
    register: RegisterLog,
    own: OwnRules,
    catalogue: Catalogue,
    planned: Callable[[Plan], object],
    told: Listener,
) -> RunDirectory:
    """Run a drill and return its directory, journal complete and not yet sealed.

    Args:
        workplace: The project.
        name: The drill.
        asked: Who wants it and why.
        register: Where the drill is entered before anything is done.
        own: What the organisation scans for: what would block the signature afterwards blocks the drill.
        catalogue: The one that the evidence will print of.
        planned: Told of the plan before anything happens.
        told: Told of every journal line once it is on disk.

    Raises:
        UsageError: It is to try a run again, and would act on other hosts; or it separates duties, and nobody knows
            whose account runs it.
        LockedError: Another drill holds one of the targets.
        StoreError: The run directory or the register cannot be written.
    """
    prepared = Prepared(workplace, name, variation=asked.variation)
    names = [host.name for host in prepared.hosts]
    _check_same_targets(asked.retry_of, names)
    with (
        ExitStack() as stack,
        locked(names, directory=workplace.project.locks, holder=f"{name} (process {os.getpid()})"),
        prepared.connections() as connections,
    ):
        plan = build_plan(prepared, connections=connections, now=workplace.clock.now())
        request = asked.request()
        mapping = catalogue.mapping(kind=plan.drill.kind, perimeters=plan.drill.perimeters)
        check_publishable(plan, drill=prepared.file.content, request=request, mapping=mapping, own=own)
        check_separation(plan, request)
        planned(plan)
        stack.enter_context(_alive(workplace.project, plan))
        run = create_run(workplace.project.runs, plan=plan, drill=prepared.file.content)
        entry = beginning(
            plan,
            requester=request.requester,
            reason=request.reason,
            change=request.change,
            retry_of=asked.retry_of.run_id if asked.retry_of else None,
        )
        register.append([entry])
        with (
            JournalFile(run, genesis=plan.digest, clock=workplace.clock, told=told) as journal,
            workplace.bench(
                plan.drill,
                journal=journal,
                connections=connections,
                people=workplace.people(plan.run_id, own=own),
                own=own,
            ) as bench,
            stopped_by_signals() as (stop, cleanup_stop),
        ):
            content = workplace.content(plan.drill, samples=run.samples)
            execute(
                plan,
                request=request,
                bench=bench,
                content=content,
                stop=stop,
                cleanup_stop=cleanup_stop,
            )
    return run


def _alive(project: Project, plan: Plan) -> AbstractContextManager[None]:
    """Held for as long as a run that asks people lives: those who answer see by it that somebody waits.

    It is taken before anybody can find the run. One without hosts has no other lock.
    """
    names = [run_lock(plan.run_id)] if plan.drill.people_steps() else []
    return locked(names, directory=project.locks, holder=f"{plan.run_id} (process {os.getpid()})")


def find_retried(project: Project, name: str, *, register: RegisterLog) -> Retried:
    """The run of this project that is to be tried again.

    Raises:
        UsageError: There is none, the register does not know it, it is open, or it is another project's.
    """
    plan = find_run(project, name).read_plan()
    if plan.boundary.project != project.definition.name:
        hint = "try it again in its own project"
        raise UsageError(f"{plan.run_id}: it is a run of the project {plan.boundary.project}", hint=hint)
    run_id = ended_run(Chronicle(register.entries()), plan.run_id)
    return Retried(
        run_id=run_id, drill=plan.drill.id, hosts=tuple(host.name for host in plan.hosts), variation=_varied(plan)
    )


def _varied(plan: Plan) -> Variation:
    """How a run differed from its drill's file, for another attempt at it."""
    return Variation(target=plan.target, parameters={k: write_value(v) for k, v in plan.parameters.items()})


def _check_same_targets(retried: Retried | None, names: Sequence[str]) -> None:
    if retried is not None and sorted(retried.hosts) != sorted(names):
        before, now = ", ".join(sorted(retried.hosts)), ", ".join(sorted(names))
        hint = "what acts on other hosts is no second attempt: `reprise run` it"
        raise UsageError(f"{retried.run_id} acted on {before}, and the drill now acts on {now}", hint=hint)


def check_publishable(plan: Plan, *, drill: bytes, request: Request, mapping: ControlMapping, own: OwnRules) -> None:
    """What would block the signature afterwards is refused before anything is broken.

    Raises:
        EvidenceError: Something that evidence must not hold, named by its kind.
    """
    said = "\n".join((request.requester, request.account, request.reason, request.change))
    files = {PLAN: canonical(plan), DRILL: drill, "requester, reason, change": said.encode()}
    scan(files | {"catalogue.json": canonical(mapping)}, own=own)


@contextmanager
def stopped_by_signals() -> Iterator[tuple[StopRequest, StopRequest]]:
    """Two stops, for the run and for its cleanup: the first SIGINT or SIGTERM asks for the one, the second for both."""
    stop, cleanup_stop = StopRequest(), StopRequest()

    def ask(number: int, _frame: FrameType | None) -> None:
        (cleanup_stop if stop.requested else stop).request(signal.Signals(number).name)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop, cleanup_stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
