"""What a dossier says: a word for every choice in both languages, numbers of reports drawn together, plurals, days."""

from datetime import UTC, date, datetime
from enum import StrEnum

import pytest

from orchestrator.core.model import Language, Title
from reports.dossier.coverage import CellState
from reports.dossier.lines import Standing
from reports.dossier.picture import CatalogueExtract, Pictured, extract_catalogue
from reports.dossier.programme import Fate
from reports.dossier.speech import Names, Speech
from reports.register.entries import ActionState, RegisterEvent, Topic
from reports.words import NO_BREAK, load_words
from tests.unit.reports.dossier.dossiers import dossier

CHOICES: dict[str, type[StrEnum]] = {
    "count": Fate,
    "fate": Fate,
    "standing": Standing,
    "coverage.state": CellState,
    "follow-up.state": ActionState,
    "follow-up.topic": Topic,
}


def speech(language: Language = Language.FRENCH) -> Speech[Pictured]:
    names = Names(
        drills={"restore": Title(fr="Restauration", en="Restore")},
        kinds={},
        perimeters={5: Title(fr="sauvegarde", en="backup"), 6: Title(fr="reprise", en="recovery")},
        numbers={"run": 7},
    )
    return Speech(dossier(language=language), load_words(language), names)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("prefix", "choices"), CHOICES.items())
def test_every_choice_has_its_words(prefix: str, choices: type[StrEnum], language: Language) -> None:
    texts = load_words(language).texts
    assert {f"dossier.{prefix}.{choice}" for choice in choices} <= texts.keys()


def test_every_kind_of_entry_has_its_words() -> None:
    kinds = {event.model_fields["type"].default for event in RegisterEvent.__args__}
    assert {f"dossier.register.kind.{kind}" for kind in kinds} <= load_words(Language.FRENCH).texts.keys()


@pytest.mark.parametrize(
    ("numbers", "words"), [([], ""), ([3], "3"), ([1, 2, 3, 7], "1–3, 7"), ([9, 1, 2], "1–2, 9"), ([1, 3], "1, 3")]
)
def test_numbers_of_reports_are_drawn_together(numbers: list[int], words: str) -> None:
    assert speech().numbers(numbers) == words


def test_nothing_is_singular_in_french_and_plural_in_english() -> None:
    french, english = speech(), speech(Language.ENGLISH)
    assert french.counted("alarm-overdue", 0).startswith("0 action corrective en")
    assert french.counted("alarm-overdue", 2).startswith("2 actions correctives en")
    assert english.counted("alarm-overdue", 0) == "0 corrective actions overdue"
    assert english.counted("alarm-overdue", 1) == "1 corrective action overdue"


def test_perimeters_are_named_and_never_numbered() -> None:
    assert speech().perimeters((5, 6)) == "sauvegarde, reprise"


def test_a_day_is_paris_in_figures_and_in_words() -> None:
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert speech().short_date(late) == "01/07/2026"
    assert speech(Language.ENGLISH).short_date(late) == "2026-07-01"
    assert speech().day(date(2026, 7, 1)) == f"1er{NO_BREAK}juillet{NO_BREAK}2026"


def test_what_has_no_title_is_called_by_its_name() -> None:
    assert speech().drill("restore") == "Restauration"
    assert speech().drill("other") == speech().kind("other") == "other"
    assert (speech().report("run"), speech().report("none"), speech().report(None)) == (f"n°{NO_BREAK}7", "—", "—")


def test_the_catalogue_gives_the_words_of_every_perimeter() -> None:
    extract: CatalogueExtract = extract_catalogue()
    assert [activity.perimeter for activity in extract.activities] == [1, 2, 3, 4, 5, 6]
    assert {kind.id for kind in extract.kinds} >= {"backup-restore", "failover"}
