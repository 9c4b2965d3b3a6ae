"""What a report says of a run that somebody varied, and that it says nothing of one that nobody did."""

from pathlib import Path

import pytest

from orchestrator.core.model import Language
from orchestrator.core.parameters import Parameter
from reports.evidence import parse_evidence
from reports.layout import EVIDENCE
from reports.page.declared import declared_fields
from reports.page.speech import Speech
from reports.words import load_words

PARAMETERS = {
    "jobs": Parameter.model_validate({"title": {"fr": "Tâches parallèles", "en": "Parallel jobs"}, "default": 2}),
    "read": Parameter.model_validate({"title": {"fr": "Tout relire", "en": "Read again"}, "default": False}),
}


def _fields(sealed: Path, language: Language, *, varied: bool) -> dict[int, list[str]]:
    evidence = parse_evidence((sealed / EVIDENCE).read_bytes())
    plan = evidence.plan
    if varied:
        drill = plan.drill.model_copy(update={"parameters": PARAMETERS})
        plan = plan.model_copy(update={"drill": drill, "target": "spare", "parameters": {"jobs": 4, "read": False}})
    speech = Speech(evidence.model_copy(update={"plan": plan, "language": language}), load_words(language))
    return {number: [text for text in lines if text] for number, lines in declared_fields(speech)}


@pytest.mark.parametrize(
    ("language", "target", "chosen", "default"),
    [
        (
            Language.FRENCH,
            "Cible demandée pour cette exécution",
            "Tâches parallèles) : 4, choisi pour cette exécution (valeur par défaut : 2)",
            "Tout relire) : non, valeur par défaut",
        ),
        (
            Language.ENGLISH,
            "Target asked for in this run",
            "Parallel jobs): 4, chosen for this run (default: 2)",
            "Read again): no, by default",
        ),
    ],
)
def test_the_target_and_each_value_are_printed(
    sealed_once: Path, language: Language, target: str, chosen: str, default: str
) -> None:
    fields = _fields(sealed_once, language, varied=True)
    assert target in _plain(fields[6])
    assert chosen in _plain(fields[8])
    assert default in _plain(fields[8])


def test_of_a_run_as_its_file_says_nothing_is_added(sealed_once: Path) -> None:
    before, varied = (_fields(sealed_once, Language.ENGLISH, varied=varied) for varied in (False, True))
    assert (len(varied[6]) - len(before[6]), len(varied[8]) - len(before[8])) == (1, 2)


def _plain(lines: list[str]) -> str:
    return "\n".join(lines).replace("\u00a0", " ").replace("\u202f", " ")
