"""The document: its counts add up, its form is one, and its view says it in both languages, with nothing in it too."""

import json

import pytest

from orchestrator.core.canonical import canonical
from orchestrator.core.model import Language, Verdict
from orchestrator.errors import EvidenceError
from reports.catalogue import load_catalogue
from reports.dossier.document import Dossier, parse_dossier
from reports.dossier.programme import Fate
from reports.dossier.view import build_view
from reports.register.entries import Ending
from reports.words import load_words
from tests.unit.reports.dossier.dossiers import dossier
from tests.unit.reports.dossier.lives import at, bundle, chain, ended, figure, gap, planned, sealed, started

ENTRIES = chain(
    (at(1, 2), planned(at(3, 31))),
    (at(1, 2), planned(at(6, 30))),
    (at(1, 2), planned(at(9, 30))),
    (at(3), started("first")),
    (at(3), ended("first")),
    (at(3), sealed("first")),
    (at(6), started("open")),
)
RUNS = (
    bundle("first", rto=figure(9, 10, 900), gaps=(gap(),)),
    bundle("stranger", started_at=at(10), drill="other", system="labo"),
)


def lived(*, language: Language = Language.FRENCH) -> Dossier:
    """A passed drill, an open one, a missed one, and one that is not entered."""
    return dossier(ENTRIES, RUNS, language=language)


def test_the_counts_add_up() -> None:
    counts = lived().counts
    assert {fate: count for fate, count in counts.fates.items() if count} == {
        Fate.ON_TIME: 1,
        Fate.OPEN: 1,
        Fate.MISSED: 1,
    }
    assert (counts.planned, counts.runs, counts.unplanned, counts.tested_by) == (3, 3, 1, 1)
    assert (counts.systems, counts.untested_systems) == (2, 1)


def test_the_same_values_give_the_same_bytes_whatever_their_order() -> None:
    assert canonical(lived()) == canonical(dossier(ENTRIES, RUNS[::-1]))


def test_it_is_read_back_in_its_one_form() -> None:
    content = canonical(lived())
    assert canonical(parse_dossier(content)) == content
    for other in (b"", b"{}", content + b" ", json.dumps(json.loads(content)).encode()):
        with pytest.raises(EvidenceError, match=r"dossier\.json"):
            parse_dossier(other)


@pytest.mark.parametrize("language", Language)
def test_the_first_page_names_what_is_wrong(language: Language) -> None:
    view = build_view(lived(language=language), words=load_words(language))
    assert len(view.counts) == 2 + len(Fate)
    # A drill missed, a system not tested, an open run, a report that the register does not know, no checkpoint.
    assert len(view.alarms) == 5
    assert [row.number for row in view.runs] == [1, 2, 3]
    assert len(view.open) == 1


@pytest.mark.parametrize("language", Language)
def test_a_dossier_with_nothing_in_it_says_so(language: Language) -> None:
    view = build_view(dossier(drills=(), language=language), words=load_words(language))
    assert view.headline == load_words(language)("dossier.nothing")
    assert not any((view.coverage, view.trends, view.runs, view.planned))
    assert len(view.untested_kinds) == len(load_catalogue().kinds)


def test_a_period_that_has_not_begun_is_one_without_a_drill() -> None:
    early = dossier(now=at(6, year=2025))
    assert early.coverage.indicators == ()
    assert build_view(early, words=load_words(Language.FRENCH)).indicators == ()


def test_a_failed_drill_is_not_called_done() -> None:
    entries = chain(
        (at(1, 2), planned(at(3, 31))),
        (at(3), started("r")),
        (at(3), ended("r", Ending.FAILED)),
        (at(3), sealed("r")),
    )
    failed = dossier(entries, [bundle("r", verdict=Verdict.FAILED)])
    assert failed.counts.fates[Fate.FAILED] == 1
    view = build_view(failed, words=load_words(Language.FRENCH))
    assert view.headline == load_words(Language.FRENCH)("dossier.nothing-proved")
