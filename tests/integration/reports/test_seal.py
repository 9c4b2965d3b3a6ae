"""Sealing: every outcome, in stages that can be repeated, and never a second time."""

from pathlib import Path

import pytest

from orchestrator.core.model import Language, Verdict
from orchestrator.errors import EvidenceError
from reports.evidence import parse_evidence
from reports.layout import ATTESTATION, BUNDLE, EVIDENCE, MADE, read_directory, sources
from reports.materials import SERIES_FOLDER, read_materials
from reports.seal import Sealed, seal
from reports.verify import verify
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run

EXPECTED = {
    Story.PASSED: Verdict.PASSED,
    Story.GAPS: Verdict.PASSED_WITH_GAPS,
    Story.FAILED: Verdict.FAILED,
    Story.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    Story.STOPPED: Verdict.ABORTED,
    Story.KILLED: Verdict.ABORTED,
    Story.REFUSED: Verdict.ABORTED,
}


def _contents(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("story", Story)
def test_a_run_of_any_outcome_is_sealed_and_its_bundle_verifies(story: Story, own_seal: Seal, tmp_path: Path) -> None:
    language = Language.ENGLISH if story is Story.GAPS else Language.FRENCH

    sealed = own_seal.seal(write_run(tmp_path / "run", story=story), language=language)
    report = verify(sealed.bundle, trust=own_seal.trust)

    assert sealed.verdict is EXPECTED[story]
    assert report.failures == ()
    assert report.valid
    assert report.verdict is EXPECTED[story]


def test_a_second_seal_changes_nothing(sealed: Path, own_seal: Seal) -> None:
    before = _contents(sealed)

    again = own_seal.seal(sealed)

    assert _contents(sealed) == before
    assert again.verdict is Verdict.PASSED


@pytest.mark.parametrize("left", [0, 2, 4])
def test_a_run_that_was_killed_while_being_sealed_is_completed(
    left: int, sealed: Path, sealed_once: Path, own_seal: Seal
) -> None:
    for name in (*MADE[left:], BUNDLE):
        (sealed / name).unlink()

    result = own_seal.seal(sealed)

    assert verify(result.bundle, trust=own_seal.trust).valid
    for name in ("verdict.json", "evidence.json", "report.html"):
        assert (sealed / name).read_bytes() == (sealed_once / name).read_bytes()


def test_a_lost_bundle_is_made_again_byte_for_byte(sealed: Path, own_seal: Seal) -> None:
    bundle = (sealed / BUNDLE).read_bytes()
    (sealed / BUNDLE).unlink()

    own_seal.seal(sealed)

    assert (sealed / BUNDLE).read_bytes() == bundle


def test_a_sealed_run_that_was_altered_is_not_sealed_again(sealed: Path, own_seal: Seal) -> None:
    (sealed / "verdict.json").write_bytes(b"{}")

    with pytest.raises(EvidenceError, match=r"verdict\.json: it is not the file that was sealed"):
        own_seal.seal(sealed)


def test_another_key_does_not_take_over_a_sealed_run(sealed: Path, foreign_seal: Seal) -> None:
    with pytest.raises(EvidenceError, match="not signed with this key"):
        foreign_seal.seal(sealed)


def test_a_key_is_not_used_with_another_ones_certificate(own_seal: Seal, foreign_seal: Seal, tmp_path: Path) -> None:
    mixed = Seal(
        signer=own_seal.signer,
        certificate=foreign_seal.certificate,
        key_path=own_seal.key_path,
        certificate_path=foreign_seal.certificate_path,
    )

    with pytest.raises(EvidenceError, match="not that of the signing key"):
        mixed.seal(write_run(tmp_path / "run"))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("journal.jsonl", lambda content: content[: len(content) // 2], "last line is cut"),
        ("samples/canary.csv", lambda content: content[:-20], "not the file that line"),
        ("plan.json", lambda content: content.replace(b"synthetic", b"real-in-hds-sandbox"), "not"),
        ("drill.yml", lambda content: content + b"#", "not the drill that the plan was made from"),
    ],
)
def test_what_does_not_hold_together_is_not_sealed(
    name: str, change: object, message: str, own_seal: Seal, tmp_path: Path
) -> None:
    run = write_run(tmp_path / "run")
    assert callable(change)
    (run / name).write_bytes(change((run / name).read_bytes()))

    with pytest.raises(EvidenceError, match=message):
        own_seal.seal(run)
    assert not (run / ATTESTATION).exists()


def test_what_was_read_already_is_sealed_only_as_it_still_is(own_seal: Seal, tmp_path: Path) -> None:
    run, same, other = (write_run(tmp_path / name) for name in ("run", "same", "other"))
    read = read_materials(sources(read_directory(run)))
    more = other / SERIES_FOLDER / "more.csv"
    more.write_text("a", encoding="utf-8")

    with pytest.raises(EvidenceError, match="changed while it was sealed"):
        seal(other, sealer=own_seal.sealer, language=Language.FRENCH, materials=read)
    assert not (other / ATTESTATION).exists()

    seal(run, sealer=own_seal.sealer, language=Language.FRENCH, materials=read)
    seal(same, sealer=own_seal.sealer, language=Language.FRENCH)
    assert (run / EVIDENCE).read_bytes() == (same / EVIDENCE).read_bytes()


def test_health_data_blocks_the_signature_and_is_not_repeated(own_seal: Seal, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    (run / "samples" / "notes.csv").write_text("nir\n1 85 05 78 006 084 91\n")

    with pytest.raises(EvidenceError, match=r"samples/notes\.csv line 2 \(nir\)") as refused:
        own_seal.seal(run)

    assert "084" not in f"{refused.value}{refused.value.hint}"
    assert not any((run / name).exists() for name in MADE)


def test_a_series_that_the_journal_never_closed_is_kept_and_used_for_nothing(own_seal: Seal, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", story=Story.KILLED)
    (run / "samples").mkdir()
    (run / "samples" / "sql-service.csv").write_text("due_us,started_us,finished_us,answered,fault\n")

    sealed: Sealed = own_seal.seal(run)
    evidence = parse_evidence(sealed.evidence.read_bytes())

    assert [(series.file, series.in_journal) for series in evidence.series] == [("samples/sql-service.csv", False)]
    assert evidence.measurements.availability == ()
    assert verify(sealed.bundle, trust=own_seal.trust).valid
