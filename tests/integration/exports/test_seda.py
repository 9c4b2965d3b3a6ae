"""SEDA submissions against the schema of the Archives de France, and against the files that they carry."""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree  # type: ignore[import-untyped]

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language
from orchestrator.errors import UsageError
from reports.export.run import SealedRun
from reports.export.seda import MANIFEST, NAMESPACE, Submission, Transfer, render_seda
from reports.words import load_words
from tests.integration.reports.example_run import Story

SCHEMA = Path(__file__).parents[2] / "schemas" / "seda" / "seda-2.2-main.xsd"
FRENCH = load_words(Language.FRENCH)
TRANSFER = Transfer(archival_agency="FRAD999", transferring_agency="FRAD999-HSE")
IN = {"s": NAMESPACE}


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The schema as published."""
    return etree.XMLSchema(etree.parse(SCHEMA))


def _submission(*runs: SealedRun, transfer: Transfer = TRANSFER, language: Language = Language.FRENCH) -> Submission:
    return render_seda(runs, transfer=transfer, words=load_words(language))


def _files(submission: Submission) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(submission.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _manifest(submission: Submission) -> etree._Element:
    return etree.fromstring(_files(submission)[MANIFEST])


def _texts(manifest: etree._Element, path: str) -> list[str]:
    return [str(element.text) for element in manifest.findall(path, IN)]


def _keeping(run: SealedRun, retention: str | None) -> SealedRun:
    """The run of an organisation that says how long it keeps its evidence."""
    organisation = run.evidence.plan.organisation.model_copy(update={"retention": retention})
    plan = run.evidence.plan.model_copy(update={"organisation": organisation})
    return replace(run, evidence=run.evidence.model_copy(update={"plan": plan}))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("story", Story)
def test_a_run_of_any_outcome_is_valid(
    story: Story, language: Language, sealed_runs: Mapping[Story, SealedRun], schema: etree.XMLSchema
) -> None:
    manifest = _manifest(_submission(sealed_runs[story], language=language))

    assert schema.validate(manifest), schema.error_log


def test_everything_that_can_be_given_is_valid_too(
    sealed_runs: Mapping[Story, SealedRun], schema: etree.XMLSchema
) -> None:
    transfer = replace(TRANSFER, agreement="AV-2026-12", originating_agency="FRAD999-HSE")
    kept = _keeping(sealed_runs[Story.PASSED], "6 ans")

    submission = _submission(kept, _keeping(sealed_runs[Story.GAPS], "P10Y"), transfer=transfer)
    manifest = _manifest(submission)

    assert schema.validate(manifest), schema.error_log
    assert submission.left_out == ()
    assert _texts(manifest, ".//s:AppraisalRule/s:Rule") == ["P6Y", "P10Y"]
    assert _texts(manifest, ".//s:AppraisalRule/s:FinalAction") == ["Keep", "Keep"]
    assert _texts(manifest, ".//s:AppraisalRule/s:StartDate") == ["2026-11-23", "2026-11-23"]


def _drop(path: str) -> Callable[[etree._Element], None]:
    def apply(manifest: etree._Element) -> None:
        element = manifest.find(path, IN)
        element.getparent().remove(element)

    return apply


@pytest.mark.parametrize(
    "path",
    [
        "s:MessageIdentifier",
        "s:CodeListVersions",
        "s:ArchivalAgency",
        "s:DataObjectPackage/s:ManagementMetadata",
        ".//s:MessageDigest",
        ".//s:ArchiveUnit/s:Content",
    ],
)
def test_the_schema_would_have_found_what_is_missing(
    path: str, sealed_runs: Mapping[Story, SealedRun], schema: etree.XMLSchema
) -> None:
    manifest = _manifest(_submission(sealed_runs[Story.PASSED]))
    _drop(path)(manifest)

    assert not schema.validate(manifest)


def test_every_file_is_in_the_zip_under_its_digest_and_size(sealed_runs: Mapping[Story, SealedRun]) -> None:
    run = sealed_runs[Story.PASSED]
    submission = _submission(run)
    files = _files(submission)

    found = {}
    for binary in _manifest(submission).findall(".//s:BinaryDataObject", IN):
        content = files[str(binary.findtext("s:Uri", namespaces=IN))]
        assert binary.findtext("s:MessageDigest", namespaces=IN) == sha256(content)
        assert binary.findtext("s:Size", namespaces=IN) == str(len(content))
        found[str(binary.findtext("s:FileInfo/s:Filename", namespaces=IN))] = content
    assert found == dict(run.files)
    assert len(files) == len(found) + 1


def test_each_file_is_described_once_and_every_reference_leads_somewhere(
    sealed_runs: Mapping[Story, SealedRun],
) -> None:
    runs = list(sealed_runs.values())
    manifest = _manifest(_submission(*runs))

    referred = _texts(manifest, ".//s:DataObjectGroupReferenceId")
    groups = [group.get("id") for group in manifest.findall(".//s:DataObjectGroup", IN)]
    assert referred == groups
    assert len(groups) == sum(len(run.files) for run in runs)
    units = manifest.findall("s:DataObjectPackage/s:DescriptiveMetadata/s:ArchiveUnit", IN)
    assert [unit.findtext("s:Content/s:OriginatingSystemId", namespaces=IN) for unit in units] == sorted(
        run.run_id for run in runs
    )


def test_formats_are_named_as_pronom_names_them(sealed_runs: Mapping[Story, SealedRun]) -> None:
    manifest = _manifest(_submission(sealed_runs[Story.PASSED]))

    known = {
        str(binary.findtext("s:FileInfo/s:Filename", namespaces=IN)): binary.findtext(
            "s:FormatIdentification/s:FormatId", namespaces=IN
        )
        for binary in manifest.findall(".//s:BinaryDataObject", IN)
    }
    assert known["report.pdf"] == "fmt/479"
    assert known["evidence.json"] == "fmt/817"
    assert known["journal.jsonl"] is None


@pytest.mark.parametrize("retention", [None, "6 ans, puis tri"])
def test_a_retention_that_is_not_known_for_sure_is_left_out_and_said(
    retention: str | None, sealed_runs: Mapping[Story, SealedRun], schema: etree.XMLSchema
) -> None:
    submission = _submission(_keeping(sealed_runs[Story.PASSED], retention))
    manifest = _manifest(submission)

    assert schema.validate(manifest), schema.error_log
    assert _texts(manifest, ".//s:AppraisalRule") == []
    assert _texts(manifest, "s:CodeListVersions/s:AppraisalRuleCodeListVersion") == []
    assert "durée de conservation" in submission.left_out[0]
    assert len(submission.left_out) == 3
    assert _texts(manifest, "s:Comment")[1:] == [" ".join(note.split()) for note in submission.left_out]


def test_the_same_runs_give_the_same_bytes_whatever_their_order(sealed_runs: Mapping[Story, SealedRun]) -> None:
    first, second = sealed_runs[Story.PASSED], sealed_runs[Story.FAILED]

    assert _submission(second, first).content == _submission(first, second).content


def test_nothing_claims_a_standard_that_a_folder_of_files_cannot_meet(
    sealed_runs: Mapping[Story, SealedRun],
) -> None:
    text = _files(_submission(sealed_runs[Story.PASSED]))[MANIFEST].decode()

    assert "Z42-013" not in text
    assert "NF 461" not in text


@pytest.mark.parametrize(
    "transfer", [replace(TRANSFER, archival_agency=" "), replace(TRANSFER, transferring_agency="")]
)
def test_an_agency_without_an_identifier_is_refused(transfer: Transfer, sealed_runs: Mapping[Story, SealedRun]) -> None:
    with pytest.raises(UsageError, match="must be named"):
        _submission(sealed_runs[Story.PASSED], transfer=transfer)


def test_a_submission_of_nothing_is_not_written() -> None:
    with pytest.raises(UsageError, match="must be named"):
        render_seda([], transfer=TRANSFER, words=FRENCH)
