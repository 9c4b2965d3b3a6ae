"""Run directories as a drill leaves them, made without one: real plan, chained journal and series, of every outcome.

The figures are those of a restore on a small machine. Nothing is computed here: measuring and judging is the product's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.drill import Drill
from orchestrator.core.events import (
    CanaryFinished,
    CanaryRead,
    CanaryStarted,
    ClaimMade,
    ClockMeasured,
    Event,
    GuardCheck,
    GuardDecided,
    GuardObserved,
    HostTally,
    PhaseFinished,
    PhaseStarted,
    PlaybookFinished,
    ProbeAnswered,
    RecoveryPointObserved,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepFinished,
    StepStarted,
    StopRequested,
    TaskObserved,
    TaskOutcome,
    Values,
    WatchChanged,
    WatchFinished,
    WatchStarted,
)
from orchestrator.core.guard import LIVE_CHECKS, STATIC_CHECKS
from orchestrator.core.journal import Entry, format_line
from orchestrator.core.model import Language, Outcome, Phase
from orchestrator.core.plan import (
    Boundary,
    Certificate,
    Organisation,
    PinnedEndpoint,
    PinnedFile,
    PinnedHost,
    Plan,
    RecoveryPoint,
)
from orchestrator.core.samples import (
    MARKER_COLUMNS,
    SAMPLE_COLUMNS,
    Marker,
    Sample,
    format_marker,
    format_sample,
    header,
)

RUN_ID = "20261123T020000Z-postgresql-restore-4f9c"
STARTED = datetime(2026, 11, 23, 2, 0, 0, 123456, tzinfo=UTC)
BOOT_US = 1_512_000_000
DRILL_FILE = (
    b"# drills/postgresql-restore.yml, as it was when it ran\nformat: reprise/drill/v1\nid: postgresql-restore\n"
)


class Story(StrEnum):
    """How the run went."""

    PASSED = "passed"
    GAPS = "gaps"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    STOPPED = "stopped"
    KILLED = "killed"
    REFUSED = "refused"


DRILL: dict[str, Any] = {
    "format": "reprise/drill/v1",
    "id": "postgresql-restore",
    "title": {"fr": "Restauration d’une base PostgreSQL perdue", "en": "Restore of a lost PostgreSQL database"},
    "kind": "backup-restore",
    "perimeters": [5],
    "system": "dpi",
    "data": "synthetic",
    "objectives": {"rto": "15m", "rpo": "1m", "dmia": "4h", "pdma": "15m"},
    "targets": "restore_target",
    "touches": ["database_primary", "backup_repository"],
    "schedule": {"cadence": "quarterly", "at": "02:00"},
    "recovery-point": {"catalogue": "pgbackrest", "host": "repository", "choose": "latest"},
    "watch": [{"id": "sql-service", "probe": "postgresql", "every": "50ms", "with": {"query": "select 1"}}],
    "canary": {"probe": "postgresql", "every": "50ms", "with": {"dsn_env": "SOURCE"}, "read": {"dsn_env": "TARGET"}},
    "context": {
        "programme": "Programme d’exercices 2026",
        "scope": {
            "fr": "Base de données du dossier patient informatisé, réplique de préproduction",
            "en": "Database of the electronic patient record, staging replica",
        },
        "scenario": {
            "fr": "Le serveur est perdu avec son disque : processus tué, répertoire de données effacé.",
            "en": "The database server is lost with its disk: process killed, data directory erased.",
        },
        "criteria": {
            "fr": "Tous les contrôles bloquants passés dans le RTO ; perte de données dans le RPO.",
            "en": "All blocking checks passed within the RTO; data loss within the RPO.",
        },
    },
    "steps": [
        {
            "id": "manifest",
            "phase": "prepare",
            "probe": "postgresql",
            "title": {"fr": "Relever l’état de la source", "en": "Take the manifest of the source"},
        },
        {
            "id": "isolate",
            "phase": "prepare",
            "playbook": "guard.yml",
            "title": {"fr": "Isoler la cible", "en": "Isolate the target"},
        },
        {
            "id": "lose",
            "phase": "disrupt",
            "playbook": "postgresql/lose.yml",
            "title": {"fr": "Perdre le serveur primaire", "en": "Lose the primary server"},
        },
        {
            "id": "restore",
            "phase": "recover",
            "playbook": "postgresql/restore.yml",
            "timeout": "30m",
            "title": {"fr": "Restaurer et démarrer la base", "en": "Restore and start the database"},
        },
        {
            "id": "readable",
            "phase": "verify",
            "probe": "postgresql",
            "expect": {"values": {"tables": 6}},
            "title": {
                "fr": "La base répond et contient toutes ses tables",
                "en": "The database answers and has all its tables",
            },
        },
        {
            "id": "complete",
            "phase": "verify",
            "probe": "postgresql",
            "expect": {"same-as": "manifest"},
            "title": {
                "fr": "Lignes et empreintes identiques à la source",
                "en": "Rows and digests identical to the source",
            },
        },
        {
            "id": "pages",
            "phase": "verify",
            "probe": "command",
            "severity": "minor",
            "expect": {"values": {"corrupt_pages": {"at-most": 0}}},
            "title": {"fr": "Aucune page corrompue", "en": "No corrupt page"},
        },
        {
            "id": "erase",
            "phase": "cleanup",
            "playbook": "postgresql/erase.yml",
            "title": {"fr": "Détruire les données restaurées", "en": "Destroy the restored data"},
        },
        {
            "id": "erased",
            "phase": "cleanup",
            "probe": "files",
            "expect": {"values": {"files": 0}},
            "title": {"fr": "Plus aucune donnée restaurée sur la cible", "en": "No restored data left on the target"},
        },
    ],
}
MANIFEST: Values = {"patients.rows": 20_000, "stays.rows": 61_204, "patients.sha256": "9f2b" * 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Which run it is, of which drill, and when: for the tests that need several."""

    run_id: str = RUN_ID
    started: datetime = STARTED
    drill: Mapping[str, object] = field(default_factory=dict)
    """What differs from `DRILL`."""
    restore_ms: int = 6_940
    requester: str = "exploitation (astreinte)"
    more_steps: int = 0
    """How many steps there are beside those of `DRILL`: playbooks of the recovery and checks, turn and turn about."""

    @property
    def playbooks(self) -> tuple[str, ...]:
        """The ids of the playbooks among the further steps."""
        return tuple(f"service-{number:04}" for number in range(0, self.more_steps, 2))

    @property
    def checks(self) -> tuple[str, ...]:
        """The ids of the checks among the further steps."""
        return tuple(f"answers-{number:04}" for number in range(1, self.more_steps, 2))


@dataclass(slots=True)
class Recorder:
    """Chains events into a journal, on a clock that only this moves."""

    genesis: str
    started: datetime = STARTED
    now_us: int = BOOT_US
    entries: list[Entry] = field(default_factory=list)

    def add(self, event: Event, *, after_ms: int = 3) -> Entry:
        """One more line, some milliseconds after the one before."""
        self.now_us += after_ms * 1000
        previous = self.entries[-1].digest if self.entries else self.genesis
        at = self.started + timedelta(microseconds=self.now_us - BOOT_US)
        entry = Entry(seq=len(self.entries), prev=previous, at=at, mono_us=self.now_us, event=event)
        self.entries.append(entry)
        return entry

    @property
    def content(self) -> bytes:
        """The bytes of `journal.jsonl`."""
        return b"".join(format_line(entry) for entry in self.entries)


def write_run(
    directory: Path,
    *,
    story: Story = Story.PASSED,
    language: Language = Language.FRENCH,
    setting: Setting | None = None,
    **changes: object,
) -> Path:
    """Write a run directory that is ready to be sealed. `changes` are to the plan, such as another `run_id`."""
    setting = setting or Setting()
    plan = build_plan(story, language=language, setting=setting).model_copy(update=changes)
    files = {"plan.json": canonical(plan), "drill.yml": DRILL_FILE}
    files |= _Telling(plan, story, setting).tell()
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    return directory


def build_plan(story: Story, *, language: Language, setting: Setting | None = None) -> Plan:
    """The plan; a story that fails has an objective that this machine cannot reach."""
    setting = setting or Setting()
    drill = Drill.model_validate({**DRILL, "steps": [*DRILL["steps"], *_further_steps(setting)], **setting.drill})
    if story is Story.FAILED:
        drill = drill.model_copy(update={"objectives": drill.objectives.model_copy(update={"rto": 5_000_000})})
    names = (("primary", "database_primary"), ("repository", "backup_repository"), ("target", "restore_target"))
    return Plan(
        run_id=setting.run_id,
        created_at=setting.started - timedelta(seconds=4),
        language=language,
        organisation=Organisation(
            name="Hébergeur Santé Exemple",
            legal_entity="Hébergeur Santé Exemple SAS",
            hds_certificate=Certificate(number="HDS-2025-0142", scope="activités 1° à 6°", expires="2028-05-14"),
            exercise_director="RSSI",
            reviewer="responsable production",
        ),
        boundary=Boundary(
            project="demo",
            staging_groups=("restore_target", "database_primary", "backup_repository"),
            never=("production",),
            production_endpoints=("127.0.0.5:5432",),
            marker_path="/etc/reprise-staging",
        ),
        drill=drill,
        drill_file=PinnedFile(name="drills/postgresql-restore.yml", sha256=sha256(DRILL_FILE), origin="bundled"),
        content=tuple(
            PinnedFile(name=name, sha256=sha256(name.encode()), origin="bundled")
            for name in ("guard.yml", "postgresql/lose.yml", "postgresql/restore.yml", "postgresql/erase.yml")
        ),
        hosts=tuple(
            PinnedHost(
                name=name,
                address=f"127.0.77.{number}",
                port=2200 + number,
                groups=(group,),
                host_key_sha256="SHA256:" + sha256(name.encode())[:43],
            )
            for number, (name, group) in enumerate(names, start=1)
        ),
        endpoints=(PinnedEndpoint(name="TARGET", host="127.0.77.3", port=5433),),
        recovery_point=RecoveryPoint(
            id="20261123-013000F",
            kind="full",
            started_at=setting.started - timedelta(minutes=30),
            finished_at=setting.started - timedelta(minutes=29, seconds=51),
            size_bytes=38_412_288,
            repository_bytes=6_102_311,
            tool="pgbackrest",
            tool_version="2.44",
            manifest_sha256=sha256(b"manifest"),
            encrypted=True,
            first_log="000000010000000000000002",
            last_log="000000010000000000000003",
            system_identifier="7446912345678901234",
        ),
        recovery_point_fault=None,
        seed=sha256(b"seed"),
        tools={"ansible-core": "2.19.14", "pgbackrest": "2.44", "postgresql": "15.14"},
    )


def _further_steps(setting: Setting) -> Iterator[dict[str, object]]:
    for name in setting.playbooks:
        title = {"fr": f"Redémarrer {name}", "en": f"Start {name} again"}
        yield {"id": name, "phase": "recover", "playbook": "postgresql/restore.yml", "title": title}
    for name in setting.checks:
        title = {"fr": f"Le service {name} répond", "en": f"{name}: the service answers"}
        yield {"id": name, "phase": "verify", "probe": "tcp", "expect": {"values": {"open": 1}}, "title": title}


class _Telling:
    """Writes one story, act by act."""

    def __init__(self, plan: Plan, story: Story, setting: Setting) -> None:
        self.plan, self.story, self.setting = plan, story, setting
        self.journal = Recorder(genesis=plan.digest, started=setting.started)
        self.lost_us: int | None = None
        self.back_us: int | None = None
        self.files: dict[str, bytes] = {}

    def tell(self) -> dict[str, bytes]:
        add = self.journal.add
        add(
            RunStarted(
                run_id=self.plan.run_id,
                plan_sha256=self.plan.digest,
                requester=self.setting.requester,
                reason="exercice trimestriel",
                change="CHG-2026-1181",
                boot_id="3f6c",
            )
        )
        if self._guard():
            self._run()
        if self.story is not Story.KILLED:
            add(RunFinished())
        return self.files | {"journal.jsonl": self.journal.content}

    def _guard(self) -> bool:
        refused = self.story is Story.REFUSED
        for host in self.plan.hosts:
            for check in (*STATIC_CHECKS, *LIVE_CHECKS):
                wrong = refused and host.name == "target" and check is GuardCheck.PRODUCTION_UNREACHABLE
                detail = "127.0.0.5:5432 answered" if wrong else ""
                self.journal.add(GuardObserved(subject=host.name, check=check, ok=not wrong, detail=detail))
        for endpoint in self.plan.endpoints:
            self.journal.add(GuardObserved(subject=endpoint.name, check=GuardCheck.ENDPOINT_IS_STAGING, ok=True))
        reasons = ("target: production-unreachable",) if refused else ()
        self.journal.add(GuardDecided(allowed=not refused, reasons=reasons))
        return not refused

    def _run(self) -> None:
        self._clocks("before")
        self._prepare()
        self._disrupt()
        if self.story is Story.KILLED:
            self.journal.add(
                RunInterrupted(boot_id="3f6c", recovered_at=self.setting.started + timedelta(minutes=9)), after_ms=400
            )
            self._cleanup()
            return
        if self.story is Story.STOPPED:
            self.journal.add(StopRequested(reason="SIGTERM"), after_ms=800)
        else:
            self._recover()
            self._verify()
        self._close_series()
        self._cleanup()
        self._clocks("after")

    def _clocks(self, moment: str) -> None:
        for number, host in enumerate(self.plan.hosts):
            jumped = self.story is Story.GAPS and moment == "after" and host.name == "target"
            offset = 480_000 if jumped else 120 - 90 * number
            self.journal.add(
                ClockMeasured(
                    host=host.name, offset_us=offset, error_us=310, moment="before" if moment == "before" else "after"
                )
            )

    def _prepare(self) -> None:
        add = self.journal.add
        add(PhaseStarted(phase=Phase.PREPARE))
        add(
            RecoveryPointObserved(id="20261123-013000F", manifest_sha256=sha256(b"manifest"), matches=True),
            after_ms=240,
        )
        add(WatchStarted(watch="sql-service", every_us=50_000), after_ms=180)
        add(CanaryStarted(every_us=50_000), after_ms=90)
        self._probe("manifest", MANIFEST, took_ms=420)
        self._playbook("isolate", took_ms=2_150, tasks=4)
        add(PhaseFinished(phase=Phase.PREPARE), after_ms=2_200)

    def _disrupt(self) -> None:
        add = self.journal.add
        add(PhaseStarted(phase=Phase.DISRUPT))
        self._playbook("lose", took_ms=1_830, tasks=5, claims={"data_directory": "removed"})
        self.lost_us = self.journal.now_us - 700_000
        add(WatchChanged(watch="sql-service", answers=False, sample_us=self.lost_us))
        if self.story is not Story.INCONCLUSIVE:
            self._self_tests()
        add(PhaseFinished(phase=Phase.DISRUPT))

    def _self_tests(self) -> None:
        for check in ("readable", "complete", "pages", *self.setting.checks):
            self._probe(check, {}, took_ms=35, self_test=True, fault="connection refused")
        now = self.journal.now_us
        self.journal.add(
            CanaryRead(
                self_test=True, answered=False, fault="connection refused", started_us=now, finished_us=now + 900
            )
        )

    def _recover(self) -> None:
        self.journal.add(PhaseStarted(phase=Phase.RECOVER))
        self._playbook("restore", took_ms=self.setting.restore_ms, tasks=9, claims={"restored_files": 1_312})
        for name in self.setting.playbooks:
            self._playbook(name, took_ms=400, tasks=3)
        self.back_us = self.journal.now_us - 620_000
        self.journal.add(WatchChanged(watch="sql-service", answers=True, sample_us=self.back_us))
        self.journal.add(PhaseFinished(phase=Phase.RECOVER))

    def _verify(self) -> None:
        self.journal.add(PhaseStarted(phase=Phase.VERIFY))
        self._probe("readable", {"tables": 6}, took_ms=44)
        truncated = self.story is Story.FAILED
        self._probe(
            "complete", MANIFEST | ({"patients.rows": 0} if truncated else {}), took_ms=612, passes=not truncated
        )
        corrupt = 3 if self.story is Story.GAPS else 0
        self._probe("pages", {"corrupt_pages": corrupt}, took_ms=830, passes=corrupt == 0)
        for name in self.setting.checks:
            self._probe(name, {"open": 1}, took_ms=40)
        now = self.journal.now_us
        read = CanaryRead(
            self_test=False,
            answered=True,
            survivors=((1, self._survivors()),),
            started_us=now + 1_000,
            finished_us=now + 9_000,
        )
        self.journal.add(read, after_ms=11)
        self.journal.add(PhaseFinished(phase=Phase.VERIFY), after_ms=1_400)

    def _cleanup(self) -> None:
        self.journal.add(PhaseStarted(phase=Phase.CLEANUP))
        self._playbook("erase", took_ms=1_610, tasks=3)
        self._probe("erased", {"files": 0}, took_ms=28)
        self.journal.add(PhaseFinished(phase=Phase.CLEANUP))

    def _playbook(self, step: str, *, took_ms: int, tasks: int, claims: dict[str, str | int] | None = None) -> None:
        add, share = self.journal.add, took_ms // (tasks + 1)
        add(StepStarted(step=step))
        for number in range(tasks):
            begun = self.journal.now_us
            add(
                TaskObserved(
                    step=step,
                    attempt=1,
                    host="target",
                    task=f"task {number + 1}",
                    action="ansible.builtin.command",
                    outcome=TaskOutcome.CHANGED if number % 2 else TaskOutcome.OK,
                    started_us=begun,
                    finished_us=begun + share * 1000,
                ),
                after_ms=share,
            )
        for name, value in (claims or {}).items():
            add(ClaimMade(step=step, name=name, value=value))
        add(
            PlaybookFinished(
                step=step,
                attempt=1,
                complete=True,
                exit_code=0,
                hosts={"target": HostTally(ok=tasks, changed=tasks // 2)},
            ),
            after_ms=share,
        )
        add(StepFinished(step=step, outcome=Outcome.OK))

    def _probe(
        self, step: str, values: Values, *, took_ms: int, self_test: bool = False, fault: str = "", passes: bool = True
    ) -> None:
        add = self.journal.add
        add(StepStarted(step=step, self_test=self_test))
        begun = self.journal.now_us
        add(
            ProbeAnswered(
                step=step,
                attempt=1,
                self_test=self_test,
                answered=not fault,
                values=values,
                fault=fault,
                started_us=begun,
                finished_us=begun + took_ms * 1000,
            ),
            after_ms=took_ms + 1,
        )
        ok = passes and not fault
        add(
            StepFinished(
                step=step,
                self_test=self_test,
                outcome=Outcome.OK if ok else Outcome.FAILED,
                reason="" if ok else fault or "differs",
            )
        )

    def _survivors(self) -> int:
        return sum(marker.acknowledged_us is not None for marker in self._markers()) - 2

    def _close_series(self) -> None:
        samples, markers = tuple(self._samples()), tuple(self._markers())
        watched = (header(SAMPLE_COLUMNS) + "".join(map(format_sample, samples))).encode()
        written = (header(MARKER_COLUMNS) + "".join(map(format_marker, markers))).encode()
        self.files |= {"samples/sql-service.csv": watched, "samples/canary.csv": written}
        failures = sum(not sample.answered for sample in samples)
        self.journal.add(
            WatchFinished(
                watch="sql-service",
                samples=len(samples),
                failures=failures,
                late=1,
                file="samples/sql-service.csv",
                sha256=sha256(watched),
            )
        )
        self.journal.add(
            CanaryFinished(
                sent=len(markers),
                acknowledged=sum(m.acknowledged_us is not None for m in markers),
                file="samples/canary.csv",
                sha256=sha256(written),
            )
        )

    def _samples(self) -> Iterator[Sample]:
        due, lost, back = BOOT_US + 400_000, self.lost_us or 0, self.back_us or self.journal.now_us + 1
        while due < self.journal.now_us:
            up = not lost <= due < back
            took = 2_300 if up else 700
            yield Sample(
                due_us=due, started_us=due + 60, finished_us=due + 60 + took, answered=up, fault="" if up else "refused"
            )
            due += 50_000

    def _markers(self) -> Iterator[Marker]:
        sent, number = BOOT_US + 600_000, 1
        while sent < (self.lost_us or 0) + 200_000:
            kept = sent < (self.lost_us or 0)
            yield Marker(
                number=number,
                sent_us=sent,
                acknowledged_us=sent + 3_100 if kept else None,
                fault="" if kept else "refused",
            )
            sent, number = sent + 50_000, number + 1
