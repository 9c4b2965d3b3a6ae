"""How a report says what its RPO rests on: beside the figure, and in the field that auditors look for."""

import html
from pathlib import Path

import pytest

from orchestrator.core.model import Language
from orchestrator.core.results import Quantity
from reports.evidence import Evidence, parse_evidence
from reports.layout import EVIDENCE, sources
from reports.materials import read_materials
from reports.page.figures import card, instant_rows, lost_commits_card
from reports.page.loss import rpo_method
from reports.page.speech import Speech
from reports.render import render_page
from reports.words import NO_BREAK, load_words
from tests.golden.make import RUNS


def _evidence(sealed: Path, name: str, *, language: Language = Language.FRENCH) -> Evidence:
    """The evidence of a sealed run, with plan and figures of a golden one in their place."""
    root = RUNS / name
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    materials = read_materials(sources(files))
    measurements, judgement = materials.compute()
    evidence = parse_evidence((sealed / EVIDENCE).read_bytes())
    drawn = {"plan": materials.plan, "measurements": measurements, "judgement": judgement, "language": language}
    return evidence.model_copy(update=drawn)


def _speech(sealed: Path, name: str, *, language: Language = Language.FRENCH) -> Speech:
    return Speech(_evidence(sealed, name, language=language), load_words(language))


def test_a_canary_is_said_as_it_always_was(sealed_once: Path) -> None:
    speech = _speech(sealed_once, "passed")
    assert card(speech, Quantity.RPO).basis == "écritures témoins relues"
    assert card(speech, Quantity.RTO).basis == ""
    (method,) = rpo_method(speech)
    assert "aucune horloge d’un autre hôte" in method


def test_markers_of_production_are_said_with_their_clock_and_a_declared_t0(sealed_once: Path) -> None:
    speech = _speech(sealed_once, "passed-by-markers-of-production")
    assert card(speech, Quantity.RPO).basis == "marqueurs de production"
    method, newest, clock, declared = rpo_method(speech)
    assert f"un toutes les 1{NO_BREAK}s" in method
    assert "23 novembre 2026".replace(" ", NO_BREAK) in newest
    assert "01:59:57 UTC" in newest
    assert f"au plus 1{NO_BREAK}s, déclaré par l’exercice et non mesuré" in clock
    assert "Aucun service n’a été interrompu" in declared


def test_a_clock_that_was_measured_is_named(sealed_once: Path) -> None:
    clock = list(rpo_method(_speech(sealed_once, "gap-markers-of-a-clock-that-is-measured")))[2]
    assert "(restore-target)" in clock
    assert "mesuré avant et après" in clock


def test_a_catalogue_is_said_to_have_read_nothing(sealed_once: Path) -> None:
    speech = _speech(sealed_once, "passed-by-the-times-of-the-catalogue")
    assert card(speech, Quantity.RPO).basis == "catalogue, sans relecture"
    method = next(rpo_method(speech))
    assert "selon le catalogue fake" in method
    assert "rien n’a été relu dans les données" in method


def test_a_marker_that_was_not_read_is_not_dated(sealed_once: Path) -> None:
    speech = _speech(sealed_once, "inconclusive-marker-without-an-instant")
    assert card(speech, Quantity.RPO).basis == ""
    assert not any("plus récent :" in line for line in rpo_method(speech))


def test_where_nothing_was_lost_the_instants_and_the_commits_say_so(sealed_once: Path) -> None:
    speech = _speech(sealed_once, "passed-by-markers-of-production")
    disaster = next(instant_rows(speech))
    assert (disaster.code, disaster.basis) == ("T0", "déclaré")
    assert "rien n’a été perdu" in disaster.meaning
    assert lost_commits_card(speech).bounds == "l’exercice n’en écrit pas"
    assert next(instant_rows(_speech(sealed_once, "passed"))).meaning == "perte simulée du service"


@pytest.mark.parametrize(
    ("language", "said"),
    [(Language.FRENCH, "marqueurs de production"), (Language.ENGLISH, "production’s own")],
)
def test_the_first_page_prints_the_basis_beside_the_figure(sealed_once: Path, language: Language, said: str) -> None:
    page = html.unescape(render_page(_evidence(sealed_once, "passed-by-markers-of-production", language=language)))
    assert said in page.split('class="facts"')[0]


def test_a_date_after_the_disaster_is_a_cause_on_the_first_page(sealed_once: Path) -> None:
    page = html.unescape(render_page(_evidence(sealed_once, "failed-marker-newer-than-the-disaster")))
    assert "est postérieure au sinistre" in page.split('class="facts"')[0]
