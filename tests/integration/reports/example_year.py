"""A year of drills of three systems, sealed and entered: one of every fate, and the register's own troubles."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from orchestrator.core.model import Language, Title
from orchestrator.core.plan import Certificate, Organisation
from reports.dossier.period import Period
from reports.dossier.picture import DeclaredDrill, Scope
from reports.dossier.seal import SealedDossier, Sources, seal_dossier
from reports.layout import BUNDLE
from reports.register.entries import (
    Action,
    ActionState,
    DrillMissed,
    DrillPlanned,
    DrillWaived,
    RunAnnotated,
    Topic,
)
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_register import Register
from tests.integration.reports.example_run import Setting, Story, write_run

MADE_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
PERIOD = Period(first_day=date(2026, 1, 1), last_day=date(2026, 12, 31))
DRILLS = (
    DeclaredDrill(
        id="restore-dpi",
        title=Title(fr="Restauration du dossier patient", en="Restore of the patient record"),
        kind="backup-restore",
        system="dpi",
        perimeters=(5,),
    ),
    DeclaredDrill(
        id="pitr-labo",
        title=Title(fr="Restauration du laboratoire à un instant donné", en="Point-in-time restore of the laboratory"),
        kind="point-in-time-restore",
        system="labo",
        perimeters=(5, 6),
    ),
    DeclaredDrill(
        id="failover-pacs",
        title=Title(fr="Bascule du PACS vers le site de secours", en="Failover of the PACS to the recovery site"),
        kind="failover",
        system="pacs",
        perimeters=(6,),
    ),
    DeclaredDrill(
        id="archives",
        title=Title(fr="Restauration des archives d’imagerie", en="Restore of the imaging archive"),
        kind="long-retention-restore",
        system="archives",
        perimeters=(5,),
    ),
)
ORGANISATION = Organisation(
    name="Hébergeur Santé Exemple",
    legal_entity="Hébergeur Santé Exemple SAS",
    hds_certificate=Certificate(number="HDS-2025-0142", scope="activités 1° à 6°", expires="2028-05-14"),
)


def at(month: int, day: int, hour: int = 2) -> datetime:
    """An instant of the year."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@dataclass(slots=True)
class Year:
    """Sealed runs in their directories, and the register that knows of them."""

    root: Path
    seal: Seal
    register: Register = field(default_factory=Register)
    runs: dict[str, Path] = field(default_factory=dict)

    def plan(self, drill: str, due_at: datetime) -> None:
        """Enter that a drill is due."""
        known = _drill(drill)
        event = DrillPlanned(drill=drill, system=known.system, perimeters=known.perimeters, due_at=due_at)
        self.register.add(at(1, 2), event)

    def run(self, name: str, drill: str, began: datetime, story: Story, *, ended: bool = True) -> None:
        """Seal a run and enter it. `name`: what tests call it."""
        known = _drill(drill)
        fields = {"id": drill, "kind": known.kind, "system": known.system, "perimeters": list(known.perimeters)}
        setting = Setting(
            run_id=f"{began:%Y%m%dT%H%M%SZ}-{drill}-{len(self.runs):04x}",
            started=began,
            drill={**fields, "title": known.title.model_dump()},
            restore_ms=9_000 - 400 * len(self.runs),
        )
        directory = write_run(self.root / setting.run_id, story=story, setting=setting)
        self.seal.seal(directory)
        self.register.enter_run(directory, ended=ended, sealed=ended)
        self.runs[name] = directory

    def annotate(
        self, when: datetime, run: str, topic: Topic, text: str, *, by: str, action: Action | None = None
    ) -> None:
        """Enter what somebody says of a run."""
        event = RunAnnotated(run_id=self.runs[run].name, topic=topic, by=by, text=text, action=action)
        self.register.add(when, event)

    @property
    def bundles(self) -> dict[str, Callable[[], bytes]]:
        """How to read each bundle."""
        return {run.name: (run / BUNDLE).read_bytes for run in self.runs.values()}

    @property
    def sources(self) -> Sources:
        """What a dossier is made from."""
        return Sources(bundles=self.bundles, register=self.register.content, checkpoint=self.register.checkpoint())

    def make(self, directory: Path, *, language: Language, sources: Sources | None = None) -> SealedDossier:
        """The dossier of the whole year."""
        return seal_dossier(
            directory,
            scope=scope(language),
            sources=sources or self.sources,
            sealer=self.seal.sealer,
            trust=self.seal.trust,
        )


def scope(language: Language = Language.FRENCH, *, perimeters: tuple[int, ...] = (5, 6)) -> Scope:
    """What the dossier of the year is about."""
    return Scope(
        organisation=ORGANISATION,
        period=PERIOD,
        perimeters=perimeters,
        language=language,
        made_at=MADE_AT,
        drills=DRILLS,
        unsealed=(),
    )


def live_a_year(root: Path, seal: Seal, *, halves: int = 2) -> Year:
    """The year, or its first half."""
    year = Year(root=root, seal=seal)
    for drill in ("restore-dpi", "pitr-labo", "failover-pacs"):
        for month, day in ((3, 31), (6, 30), (9, 30), (12, 31)):
            year.plan(drill, at(month, day, 20))
    _first_half(year)
    if halves > 1:
        _second_half(year)
    return year


def _first_half(year: Year) -> None:
    year.run("passed", "restore-dpi", at(2, 10), Story.PASSED)
    year.run("failed", "pitr-labo", at(3, 12), Story.FAILED)
    who = "responsable production"
    year.annotate(at(3, 12, 9), "failed", Topic.CAUSE, "Le volume restauré avait doublé.", by=who)
    faster = Action(id="debit", owner="équipe stockage", due_on="2026-05-31")
    year.annotate(at(3, 12, 10), "failed", Topic.ACTION, "Doubler le débit de restauration.", by=who, action=faster)
    written = Action(id="procedure", owner="référent laboratoire", due_on="2026-04-30")
    year.annotate(at(3, 12, 11), "failed", Topic.ACTION, "Récrire la procédure.", by=who, action=written)
    reason = "site de secours indisponible"
    event = DrillMissed(drill="failover-pacs", system="pacs", perimeters=(6,), due_at=at(3, 31, 20), reason=reason)
    year.register.add(at(4, 1), event)
    waiver = DrillWaived(
        drill="failover-pacs",
        system="pacs",
        perimeters=(6,),
        waived_by="directeur des systèmes d’information",
        reason="déménagement du site de secours",
        until=at(8, 31),
    )
    year.register.add(at(4, 2), waiver)
    year.run("gaps", "restore-dpi", at(5, 10), Story.GAPS)
    year.annotate(at(5, 11), "gaps", Topic.REVIEW, "Relu.", by=who)
    year.annotate(at(5, 12), "gaps", Topic.APPROVAL, "Approuvé.", by="RSSI")
    done = faster.model_copy(update={"state": ActionState.DONE})
    year.annotate(at(5, 20), "failed", Topic.ACTION, "Fait.", by="équipe stockage", action=done)


def _second_half(year: Year) -> None:
    year.run("late", "pitr-labo", at(7, 3), Story.PASSED)
    year.run("in-time", "pitr-labo", at(8, 3), Story.PASSED)
    year.run("self-approved", "restore-dpi", at(8, 10), Story.PASSED)
    year.annotate(at(8, 11), "self-approved", Topic.APPROVAL, "Approuvé.", by="Exploitation (astreinte)")
    year.run("inconclusive", "failover-pacs", at(9, 15), Story.INCONCLUSIVE)
    year.run("refused", "failover-pacs", at(10, 20), Story.REFUSED)
    year.run("open", "restore-dpi", at(11, 3), Story.PASSED, ended=False)


def _drill(name: str) -> DeclaredDrill:
    return next(drill for drill in DRILLS if drill.id == name)
