"""The sealed report keeps the rules of PDF/A-3a that can be asked here; and the check finds what breaks them."""

import base64
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.model import Language
from reports.layout import REPORT_PDF
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run
from tests.integration.reports.pdfa import faults

Change = Callable[[bytes], bytes]


def test_a_sealed_report_is_pdfa(sealed_once: Path) -> None:
    assert faults(sealed_once / REPORT_PDF) == set()


@pytest.mark.parametrize("story", [Story.REFUSED, Story.GAPS])
def test_so_is_one_in_english_of_another_outcome(story: Story, own_seal: Seal, tmp_path: Path) -> None:
    sealed = own_seal.seal(write_run(tmp_path / "run", story=story), language=Language.ENGLISH)

    assert faults(sealed.report_pdf) == set()


def _instead(old: bytes, new: bytes) -> Change:
    """As long as before, so that nothing moves; in the drawn file and in the revision that the seal added."""

    def change(pdf: bytes) -> bytes:
        assert len(old) == len(new)
        assert old in pdf
        return pdf.replace(old, new)

    return change


def _with_a_script(pdf: bytes) -> bytes:
    preferences = rb"/ViewerPreferences\s*<<\s*/DisplayDocTitle true\s*>>"
    script = b"/OpenAction <</S/JavaScript/JS()>>"
    assert len(re.findall(preferences, pdf)) == 2
    return re.sub(preferences, lambda found: script.ljust(len(found[0])), pdf)


BREAKS: dict[str, tuple[Change, str]] = {
    "another version of PDF": (_instead(b"%PDF-1.7", b"%PDF-2.0"), "header"),
    "no binary comment": (lambda pdf: pdf[:9] + b"%abcd" + pdf[14:], "header"),
    "no metadata": (_instead(b"/Metadata 2", b"/Metadatb 2"), "metadata"),
    "no output intent": (_instead(b"/GTS_PDFA1", b"/GTS_PDFX1"), "output-intent"),
    "not tagged": (_instead(b"/Marked true", b"/Marked null"), "tagged"),
    "no structure": (_instead(b"/StructTreeRoot", b"/StructTreeRoox"), "tagged"),
    "no language": (_instead(b"/Lang (fr)", b"/Lanx (fr)"), "tagged"),
    "an attachment without its relation": (_instead(b"/AFRelationship", b"/AFRelationshix"), "attachment"),
    "attachments of nothing": (_instead(b"/AF [", b"/AG ["), "attachment"),
    "a font that is not embedded": (_instead(b"/FontFile3", b"/FontFilx3"), "font"),
    "a font without its letters": (_instead(b"/ToUnicode", b"/ToUnicodx"), "font"),
    "a script": (_with_a_script, "active"),
    "no identifier": (_instead(b"/ID [", b"/IE ["), "trailer"),
    "a link that is not printed": (lambda pdf: pdf.replace(b"/F 4>>", b"/F 2>>"), "annotation"),
    "not a PDF any more": (lambda pdf: pdf[: len(pdf) // 2], "qpdf"),
}


@pytest.mark.parametrize(("change", "rule"), BREAKS.values(), ids=BREAKS.keys())
def test_what_breaks_a_rule_is_found(change: Change, rule: str, sealed_once: Path, tmp_path: Path) -> None:
    pdf = (sealed_once / REPORT_PDF).read_bytes()
    (tmp_path / REPORT_PDF).write_bytes(change(pdf))

    assert change(pdf) != pdf
    assert rule in faults(tmp_path / REPORT_PDF)


@pytest.mark.parametrize(
    ("said", "instead", "broken"),
    [('part="3"', 'part="3"', set()), ('part="3"', 'part="2"', {"metadata"}), ('ance="A"', 'ance="B"', {"metadata"})],
    ids=["nothing", "part", "conformance"],
)
def test_what_the_metadata_claim_is_read(
    said: str, instead: str, broken: set[str], sealed_once: Path, tmp_path: Path
) -> None:
    """Written anew by qpdf, since the metadata are compressed: only the claim differs."""
    report, update, written = sealed_once / REPORT_PDF, tmp_path / "update.json", tmp_path / REPORT_PDF
    document = json.loads(_qpdf("--json=2", str(report)))["qpdf"]
    (name,) = (name for name, value in document[1].items() if "/Metadata" in str(value.get("stream", {}).get("dict")))
    xmp = _qpdf(f"--show-object={name.removeprefix('obj:').partition(' ')[0]}", "--filtered-stream-data", str(report))
    assert said in xmp
    data = base64.b64encode(xmp.replace(said, instead).encode()).decode()
    described = {"dict": {"/Type": "/Metadata", "/Subtype": "/XML"}, "data": data}
    update.write_text(json.dumps({"qpdf": [document[0], {name: {"stream": described}}]}))
    _qpdf(str(report), "--object-streams=disable", f"--update-from-json={update}", str(written))

    assert faults(written) == broken


def _qpdf(*arguments: str) -> str:
    return subprocess.run(["qpdf", *arguments], check=True, capture_output=True, text=True).stdout
