"""Everything that a drill needs, fake but for the engine: what a test changes it says, the rest goes well."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.core.canonical import canonical
from orchestrator.core.events import Event, Values
from orchestrator.core.history import History
from orchestrator.core.journal import Entry
from orchestrator.core.measure import measure
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Clock, JournalWriter, Observer, Record
from orchestrator.core.results import Judgement, Measurements
from orchestrator.core.verdict import judge
from orchestrator.core.watching import WatchDefinition
from orchestrator.engine import Bench, Content, Request, execute, recover
from orchestrator.testing import (
    FakeCatalogue,
    FakeClock,
    FakeHosts,
    FakeObservers,
    FakeService,
    ManualStop,
    MemoryJournal,
    Play,
    Reply,
    Said,
    ScriptedPeople,
    ScriptedPlaybooks,
    ScriptedProbe,
    example_plan,
)
from orchestrator.testing.examples import DRILL_TEXT
from orchestrator.testing.observers import survivors_of
from reports.materials import read_materials

BOOT = "1f0c2a6e-0000-4000-8000-000000000001"
REQUEST = Request(requester="test", reason="", change="", boot_id=BOOT)
ROWS: Values = {"patients.rows": 2_000, "patients.sha256": "9f2b" * 16}


@dataclass(kw_only=True)
class Stage:
    """One drill with its fakes. `samples` is the only thing on disk."""

    plan: Plan
    samples: Path
    clock: FakeClock
    service: FakeService
    stop: ManualStop
    cleanup_stop: ManualStop
    journal: JournalWriter
    playbooks: ScriptedPlaybooks
    probe: ScriptedProbe
    observers: FakeObservers
    hosts: FakeHosts
    catalogue: FakeCatalogue
    people: ScriptedPeople
    resolve: Callable[[Mapping[str, Any]], dict[str, Any]] = dict

    @property
    def bench(self) -> Bench:
        return Bench(
            clock=self.clock,
            journal=self.journal,
            playbooks=self.playbooks,
            probes={"fake": self.probe},
            observers=self.observers,
            hosts=self.hosts,
            catalogue=self.catalogue,
            people=self.people,
        )

    @property
    def content(self) -> Content:
        names = {getattr(step, "playbook", "") for step in self.plan.drill.steps} - {""}
        return Content(
            playbooks={name: Path("/nowhere") / name for name in names},
            roles=(),
            inventory=Path("/nowhere/inventory.yml"),
            known_hosts=Path("/nowhere/known_hosts"),
            resolve=self.resolve,
            samples=self.samples,
        )

    def execute(self) -> None:
        execute(
            self.plan,
            request=REQUEST,
            bench=self.bench,
            content=self.content,
            stop=self.stop,
            cleanup_stop=self.cleanup_stop,
        )

    def recover(self, entries: Sequence[Entry]) -> tuple[str, ...]:
        return recover(
            self.plan,
            History(entries),
            bench=self.bench,
            content=self.content,
            boot_id=BOOT,
            now=self.clock.now(),
            stop=self.stop,
        )

    @property
    def memory(self) -> MemoryJournal:
        assert isinstance(self.journal, MemoryJournal)
        return self.journal

    def result(self) -> tuple[Measurements, Judgement]:
        """What an auditor computes from the journal and the series, read as from a bundle."""
        return read_materials(files_of(self.plan, self.memory.content, samples=self.samples)).compute()

    def acted(self) -> list[str]:
        """The steps whose playbook was begun, in order."""
        return [act.step.id for act in self.playbooks.acts]


class WatchingElsewhere(FakeObservers):
    """The watch asks another service than the one that is lost: as where its connection string leads to a standby."""

    def __init__(self, *, clock: FakeClock, service: FakeService, watched: FakeService) -> None:
        super().__init__(clock=clock, service=service)
        self._elsewhere = FakeObservers(clock=clock, service=watched)

    def watch(self, definition: WatchDefinition, *, file: Path, record: Record) -> Observer:
        """Of what is elsewhere."""
        return self._elsewhere.watch(definition, file=file, record=record)


class MarkingApart(FakeObservers):
    """The canary writes to a part of its own: one that is cut off, and goes on. It is read back at the service."""

    def __init__(self, *, clock: FakeClock, service: FakeService, part: FakeService) -> None:
        super().__init__(clock=clock, service=part, survivors=lambda markers: survivors_of(markers, service=service))
        self._whole = FakeObservers(clock=clock, service=service)

    def watch(self, definition: WatchDefinition, *, file: Path, record: Record) -> Observer:
        """Of the service."""
        return self._whole.watch(definition, file=file, record=record)


class WatchingApart(FakeObservers):
    """Each watch asks a service of its own, by its id: as where a part is lost and the whole goes on."""

    def __init__(self, *, clock: FakeClock, service: FakeService, watched: Mapping[str, FakeService]) -> None:
        super().__init__(clock=clock, service=service)
        self._each = {name: FakeObservers(clock=clock, service=one) for name, one in watched.items()}

    def watch(self, definition: WatchDefinition, *, file: Path, record: Record) -> Observer:
        """Of the service of that name."""
        return self._each[definition.id].watch(definition, file=file, record=record)


def files_of(plan: Plan, journal: bytes, *, samples: Path) -> dict[str, bytes]:
    """A run's files by name, as `reports` reads them."""
    files = {"plan.json": canonical(plan), "drill.yml": DRILL_TEXT, "journal.jsonl": journal}
    return files | {f"samples/{file.name}": file.read_bytes() for file in sorted(samples.glob("*.csv"))}


def set_stage(
    samples: Path,
    *,
    plan: Plan | None = None,
    clock: FakeClock | None = None,
    journal: Callable[[str, Clock], JournalWriter] = lambda genesis, clock: MemoryJournal(genesis=genesis, clock=clock),
    plays: Mapping[str, Sequence[Play]] | None = None,
    replies: Mapping[str, Sequence[Reply]] | None = None,
    reachable: Callable[[FakeService], bool] = lambda service: service.answers,
    hosts: FakeHosts | None = None,
    catalogue: FakeCatalogue | None = None,
    left_running: tuple[str, ...] = (),
    said: Mapping[str, Sequence[Said]] | None = None,
    observers: Callable[[FakeClock, FakeService], FakeObservers] | None = None,
) -> Stage:
    """The example drill, whose every part goes well, but for what is given."""
    plan, clock = plan or example_plan(), clock or FakeClock()
    service = FakeService(clock=clock)
    points = (plan.recovery_point,) if plan.recovery_point else ()
    acts = {"lose": (Play(effect=service.lose),), "restore": (Play(effect=service.restore),)}
    answers = {"rows": (Reply(values=ROWS),), "restored-rows": (Reply(values=ROWS),)}
    made = observers(clock, service) if observers else FakeObservers(clock=clock, service=service)
    return Stage(
        plan=plan,
        samples=samples,
        clock=clock,
        service=service,
        stop=ManualStop(clock=clock),
        cleanup_stop=ManualStop(clock=clock),
        journal=journal(plan.digest, clock),
        playbooks=ScriptedPlaybooks(clock=clock, plays=acts | dict(plays or {}), left_running=left_running),
        probe=ScriptedProbe(clock=clock, replies=answers | dict(replies or {}), reachable=lambda: reachable(service)),
        observers=made,
        hosts=hosts or FakeHosts(),
        catalogue=catalogue or FakeCatalogue(points=points),
        people=ScriptedPeople(clock=clock, said=said or {}),
    )


def compute(plan: Plan, entries: Sequence[Entry]) -> Judgement:
    """Measure and judge a journal without any series: what can be said of an altered one."""
    return judge(plan, entries, measure(plan, entries, samples={}, markers=()))


def rechained(plan: Plan, entries: Sequence[Entry], events: Sequence[Event]) -> tuple[Entry, ...]:
    """Some events of a journal as a whole journal of their own, each at the instant that it had or the one before."""
    at = {id(entry.event): entry for entry in entries}
    chained: list[Entry] = []
    for event in events:
        source = at.get(id(event)) or chained[-1]
        prev = chained[-1].digest if chained else plan.digest
        chained.append(Entry(seq=len(chained), prev=prev, at=source.at, mono_us=source.mono_us, event=event))
    return tuple(chained)
