"""Small outlooks, and the material of a site, from registers and runs that are written by hand."""

from collections.abc import Sequence
from datetime import datetime

from orchestrator.core.model import Language, Title
from orchestrator.core.plan import Organisation
from reports.dossier.picture import DeclaredDrill, Scope
from reports.dossier.runs import DossierRun
from reports.outlook import build_outlook, recent_quarters
from reports.register.entries import RegisterEvent
from reports.register.programme import build_owed
from reports.site.material import Announced, Freeze, Material, Question
from tests.unit.reports.dossier.dossiers import DRILL
from tests.unit.reports.dossier.lives import NOW, chain


def material(
    *written: tuple[datetime, RegisterEvent],
    runs: Sequence[DossierRun] = (),
    drills: tuple[DeclaredDrill, ...] = (DRILL,),
    now: datetime = NOW,
    announced: tuple[Announced, ...] = (),
    freezes: tuple[Freeze, ...] = (),
    questions: tuple[Question, ...] = (),
    organisation: str = "Hébergeur Santé Exemple",
) -> Material:
    entries = chain(*written)
    scope = Scope(
        organisation=Organisation(name=organisation),
        period=recent_quarters(now),
        perimeters=(5,),
        language=Language.FRENCH,
        made_at=now,
        drills=drills,
        unsealed=(),
    )
    return Material(
        outlook=build_outlook(scope, runs, entries, checkpoint=None),
        entries=entries,
        note="",
        owed=build_owed(entries, catch_up={}, now=now),
        announced=announced,
        freezes=freezes,
        questions=questions,
    )


def title(text: str) -> Title:
    return Title(fr=text, en=text)
