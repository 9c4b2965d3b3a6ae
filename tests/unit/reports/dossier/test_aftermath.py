"""What comes after the drills, in words: reports are counted as one or as many, in both languages."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from orchestrator.core.model import Language
from reports.dossier.aftermath import ReviewRow, review_rows
from reports.dossier.speech import speech_of
from reports.register.entries import RegisterEvent, Topic
from reports.words import load_words
from tests.unit.reports.dossier.dossiers import dossier
from tests.unit.reports.dossier.lives import at, bundle, chain, ended, noted, sealed, started

MONTHS = (3, 4, 6)


def reviews(approved: Sequence[str], *, language: Language) -> list[ReviewRow]:
    """Of three runs `1`, `2` and `3`, of which some are approved by somebody else than who asked for them."""
    acts: list[tuple[datetime, RegisterEvent]] = []
    for number, month in enumerate(MONTHS, start=1):
        name = str(number)
        acts += [(at(month), started(name)), (at(month), ended(name)), (at(month), sealed(name))]
    acts += [(at(9), noted(name, Topic.APPROVAL, by="Direction")) for name in approved]
    runs = [bundle(str(number), started_at=at(month)) for number, month in enumerate(MONTHS, start=1)]
    made = dossier(chain(*acts), runs, language=language)
    return list(review_rows(speech_of(made, words=load_words(language))))


@pytest.mark.parametrize(
    ("approved", "french", "english"),
    [
        ((), ["—", "rapports 1–3", "—"], ["—", "reports 1–3", "—"]),
        (("2",), ["rapport 2", "rapports 1, 3", "—"], ["report 2", "reports 1, 3", "—"]),
        (("1", "2"), ["rapports 1–2", "rapport 3", "—"], ["reports 1–2", "report 3", "—"]),
    ],
)
def test_one_report_is_singular_and_none_is_a_dash(
    approved: Sequence[str], french: list[str], english: list[str]
) -> None:
    assert [row.reports for row in reviews(approved, language=Language.FRENCH)] == french
    assert [row.reports for row in reviews(approved, language=Language.ENGLISH)] == english
