"""veraPDF on real files: reports and audit files are PDF/A-3a and PDF/UA-1, by every rule that a program can check."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.core.model import Language
from reports.completion import renew
from reports.layout import ARCHIVED, REPORT_PDF, read_directory
from tests.integration.reports import verapdf
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run
from tests.integration.reports.example_year import Year, live_a_year
from tests.integration.reports.test_completion import claims, vouchers
from tests.integration.reports.workshop import Workshop

pytestmark = pytest.mark.skipif(verapdf.missing() is not None, reason=verapdf.missing() or "")

STANDARDS = (verapdf.PDFA, verapdf.PDFUA)
LEAST_ASKED = {verapdf.PDFA: 100_000, verapdf.PDFUA: 50_000}
"""Of a whole report or audit file: an answer about an empty page would be no proof."""


@pytest.fixture(scope="module")
def year(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Only to be read."""
    return live_a_year(tmp_path_factory.mktemp("year"), own_seal)


def hold(pdf: Path) -> None:
    """No rule of either standard is broken, and the rules were asked of a whole document."""
    said = verapdf.ask(pdf)
    for standard in STANDARDS:
        assert said[standard].broken == frozenset()
        assert said[standard].compliant
        assert said[standard].asked > LEAST_ASKED[standard]


def test_a_report_and_the_same_archived(timed_once: Path, workshop: Workshop, tmp_path: Path) -> None:
    files = read_directory(timed_once)
    added = renew(files, claims=claims(files), vouchers=vouchers(workshop), now=datetime.now(UTC), force=True)
    (tmp_path / ARCHIVED).write_bytes(added.files[ARCHIVED])

    hold(timed_once / REPORT_PDF)
    hold(tmp_path / ARCHIVED)


@pytest.mark.parametrize("language", Language)
def test_an_audit_file(year: Year, tmp_path: Path, language: Language) -> None:
    hold(year.make(tmp_path / language, language=language).pdf)


def test_a_report_of_troubles_in_english(own_seal: Seal, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", story=Story.GAPS)
    own_seal.seal(run, language=Language.ENGLISH)

    hold(run / REPORT_PDF)


def test_what_breaks_a_rule_is_found(sealed_once: Path, tmp_path: Path) -> None:
    changed = tmp_path / REPORT_PDF
    changed.write_bytes((sealed_once / REPORT_PDF).read_bytes().replace(b"/GTS_PDFA1", b"/GTS_PDFX1"))

    said = verapdf.ask(changed)[verapdf.PDFA]

    assert not said.compliant
    assert said.broken


@pytest.mark.parametrize(
    ("mended", "undone", "rule"),
    [
        (b"/Scope /Column", b"/Scopf /Column", "7.5-1"),
        (b"/Alt ", b"/Alu ", "7.3-1"),
    ],
)
def test_what_we_mended_is_what_is_asked(
    sealed_once: Path, tmp_path: Path, mended: bytes, undone: bytes, rule: str
) -> None:
    content = (sealed_once / REPORT_PDF).read_bytes()
    assert mended in content
    changed = tmp_path / REPORT_PDF
    changed.write_bytes(content.replace(mended, undone))

    assert rule in verapdf.ask(changed)[verapdf.PDFUA].broken
