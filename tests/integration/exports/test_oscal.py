"""OSCAL assessment results against NIST's own schema, and against the evidence that they are made of."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language, Verdict
from orchestrator.core.results import Quantity
from orchestrator.errors import UsageError
from reports.export.oscal import OSCAL_VERSION, render_oscal
from reports.export.run import SealedRun
from reports.layout import BUNDLE
from tests.integration.exports.conftest import NAMES
from tests.integration.reports.example_run import Story

SCHEMA = Path(__file__).parents[2] / "schemas" / "oscal" / "oscal_assessment-results_schema.json"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def validator() -> jsonschema_rs.Draft7Validator:
    """NIST's schema, formats included."""
    return jsonschema_rs.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")), validate_formats=True)


def _document(*runs: SealedRun, language: Language = Language.FRENCH) -> Json:
    loaded: Json = json.loads(render_oscal(runs, language=language))
    return loaded


def _result(run: SealedRun) -> Json:
    found: Json = _document(run)["assessment-results"]["results"][0]
    return found


def _properties(part: Json) -> dict[str, str]:
    return {one["name"]: one["value"] for one in part["props"]}


def test_the_schema_is_the_one_of_the_version_that_is_named() -> None:
    assert f"/oscal/{OSCAL_VERSION}/" in json.loads(SCHEMA.read_text(encoding="utf-8"))["$id"]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("story", Story)
def test_a_run_of_any_outcome_is_valid(
    story: Story,
    language: Language,
    sealed_runs: Mapping[Story, SealedRun],
    validator: jsonschema_rs.Draft7Validator,
) -> None:
    document = _document(sealed_runs[story], language=language)

    assert [(error.instance_path, error.message) for error in validator.iter_errors(document)] == []


def test_one_document_holds_every_run_in_the_order_of_their_names(
    sealed_runs: Mapping[Story, SealedRun], validator: jsonschema_rs.Draft7Validator
) -> None:
    document = _document(*reversed(tuple(sealed_runs.values())))

    assert validator.is_valid(document)
    results = document["assessment-results"]["results"]
    assert [_properties(result)["run-id"] for result in results] == sorted(NAMES.values())
    identifiers = re.findall(r'"uuid": "([^"]+)"', json.dumps(document))
    assert len(set(identifiers)) == len(identifiers)


def _without_start(document: Json) -> None:
    del document["results"][0]["start"]


def _without_reviewed_controls(document: Json) -> None:
    del document["results"][0]["reviewed-controls"]


def _without_method(document: Json) -> None:
    del document["results"][0]["observations"][0]["methods"]


def _without_target(document: Json) -> None:
    del document["results"][0]["findings"][0]["target"]


def _without_plan(document: Json) -> None:
    del document["import-ap"]


def _with_a_token_that_has_spaces(document: Json) -> None:
    document["results"][0]["findings"][0]["target"]["target-id"] = "A.5.30 (c)"


def _with_a_time_of_no_zone(document: Json) -> None:
    document["results"][0]["start"] = "2026-11-23T02:00:00"


def _with_a_member_that_oscal_does_not_know(document: Json) -> None:
    document["results"][0]["verdict"] = "passed"


@pytest.mark.parametrize(
    "break_it",
    [
        _without_start,
        _without_reviewed_controls,
        _without_method,
        _without_target,
        _without_plan,
        _with_a_token_that_has_spaces,
        _with_a_time_of_no_zone,
        _with_a_member_that_oscal_does_not_know,
    ],
)
def test_the_schema_would_have_found_it(
    break_it: Callable[[Json], None],
    sealed_runs: Mapping[Story, SealedRun],
    validator: jsonschema_rs.Draft7Validator,
) -> None:
    document = _document(sealed_runs[Story.PASSED])
    break_it(document["assessment-results"])

    assert not validator.is_valid(document)


def test_the_same_runs_give_the_same_bytes_whatever_their_order(sealed_runs: Mapping[Story, SealedRun]) -> None:
    first, second = sealed_runs[Story.PASSED], sealed_runs[Story.FAILED]

    once = render_oscal([first, second], language=Language.FRENCH)

    assert render_oscal([second, first], language=Language.FRENCH) == once


def test_a_measurement_is_written_with_both_of_its_bounds(sealed_runs: Mapping[Story, SealedRun]) -> None:
    run = sealed_runs[Story.PASSED]
    measured = run.evidence.measurements.quantity(Quantity.RTO)
    assert measured is not None

    found = [one for one in _result(run)["observations"] if _properties(one).get("quantity") == "rto"]

    assert [(_properties(one)["lower"], _properties(one)["upper"]) for one in found] == [
        (str(measured.value.lower), str(measured.value.upper))
    ]
    assert _properties(found[0]) | {"objective": "900000000", "met": "true", "unit": "microseconds"} == _properties(
        found[0]
    )


def test_every_check_and_every_answer_of_the_guard_is_observed(sealed_runs: Mapping[Story, SealedRun]) -> None:
    run = sealed_runs[Story.GAPS]
    seen = [_properties(one) for one in _result(run)["observations"]]

    assert [one["check"] for one in seen if "check" in one] == [c.check for c in run.evidence.measurements.checks]
    assert len([one for one in seen if "guard-check" in one]) == len(run.evidence.guard) > 0


@pytest.mark.parametrize("story", Story)
def test_only_a_plain_pass_satisfies_and_every_reason_is_a_finding(
    story: Story, sealed_runs: Mapping[Story, SealedRun]
) -> None:
    run = sealed_runs[story]

    verdict, *findings = _result(run)["findings"]

    plain = run.evidence.judgement.verdict is Verdict.PASSED
    assert verdict["target"]["status"]["state"] == ("satisfied" if plain else "not-satisfied")
    assert {one["target"]["status"]["state"] for one in findings} <= {"not-satisfied"}
    expected = [(found.code, found.subject) for found in run.evidence.judgement.findings]
    assert [(_properties(one)["code"], _properties(one).get("subject", "")) for one in findings] == expected


def test_no_control_is_called_satisfied(sealed_runs: Mapping[Story, SealedRun]) -> None:
    result = _result(sealed_runs[Story.PASSED])

    controls = {
        control["control-id"]
        for selection in result["reviewed-controls"]["control-selections"]
        for control in selection["include-controls"]
    }
    assert {"iso27001_A.8.13", "rgpd_art.-32-1-c"} <= controls
    assert controls.isdisjoint(finding["target"]["target-id"] for finding in result["findings"])


def test_every_file_of_the_bundle_is_there_with_its_digest(sealed_runs: Mapping[Story, SealedRun]) -> None:
    run = sealed_runs[Story.PASSED]
    resources = _document(run)["assessment-results"]["back-matter"]["resources"]

    found = {link["href"]: link["hashes"][0]["value"] for one in resources[1:] for link in one["rlinks"]}

    files = {**run.files, BUNDLE: run.bundle}
    assert found == {f"{run.run_id}/{name}": sha256(content) for name, content in files.items()}


def test_every_reference_within_the_document_leads_somewhere(sealed_runs: Mapping[Story, SealedRun]) -> None:
    text = json.dumps(_document(*sealed_runs.values()))

    declared = set(re.findall(r'"uuid": "([^"]+)"', text))
    referred = re.findall(r'"(?:href": "#|[a-z]+-uuid": ")([^"]+)"', text)
    assert len(referred) > len(sealed_runs)
    assert set(referred) <= declared


def test_a_document_of_nothing_is_not_written() -> None:
    with pytest.raises(UsageError, match="no run to export"):
        render_oscal([], language=Language.FRENCH)
