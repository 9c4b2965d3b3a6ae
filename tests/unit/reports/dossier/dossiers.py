"""Whole dossiers, built from small registers and runs."""

from collections.abc import Sequence
from datetime import date, datetime

from orchestrator.core.model import Language, Title
from orchestrator.core.plan import Organisation
from reports.dossier.document import Dossier, build_dossier
from reports.dossier.period import Period
from reports.dossier.picture import DeclaredDrill, Scope, extract_catalogue
from reports.dossier.runs import DossierRun
from reports.register.entries import RegisterEntry
from reports.scan import scan
from reports.signing.statement import SignatureStatement
from tests.unit.reports.dossier.lives import NOW, SHA

DRILL = DeclaredDrill(
    id="restore", title=Title(fr="Restauration", en="Restore"), kind="backup-restore", system="dpi", perimeters=(5,)
)


def dossier(
    entries: Sequence[RegisterEntry] = (),
    runs: Sequence[DossierRun] = (),
    *,
    drills: tuple[DeclaredDrill, ...] = (DRILL,),
    language: Language = Language.FRENCH,
    now: datetime = NOW,
) -> Dossier:
    """The dossier of 2026, of perimeter 5."""
    scope = Scope(
        organisation=Organisation(name="Hébergeur Santé Exemple"),
        period=Period(first_day=date(2026, 1, 1), last_day=date(2026, 12, 31)),
        perimeters=(5,),
        language=language,
        made_at=now,
        drills=drills,
        unsealed=(),
    )
    return build_dossier(
        scope=scope,
        runs=runs,
        entries=entries,
        checkpoint=None,
        catalogue=extract_catalogue(),
        scan=scan({}),
        signature=SignatureStatement(
            level=1,
            profile="PAdES-B-B",
            signer="s",
            algorithm="a",
            certificate_sha256=SHA,
            self_signed=True,
            issuer=None,
            chain_sha256=(),
            qualified=False,
            authority=None,
            awaited=False,
        ),
        versions={"reprise-drills": "0"},
    )
