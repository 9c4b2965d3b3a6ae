"""The report as a reader gets it: whole, in his language, from one file, and honest on every page."""

import re
import subprocess
from pathlib import Path

import pytest

from orchestrator.core.model import Language
from orchestrator.durable import write_durably
from orchestrator.errors import StoreError
from reports.evidence import Evidence, parse_evidence
from reports.layout import EVIDENCE, REPORT_HTML, REPORT_PDF
from reports.page.fields import build_groups
from reports.render import render_page
from reports.words import load_words


@pytest.fixture(scope="module")
def evidence(sealed_once: Path) -> Evidence:
    """What the sealed run's report was made from."""
    return parse_evidence((sealed_once / EVIDENCE).read_bytes())


def _in_english(evidence: Evidence) -> Evidence:
    return evidence.model_copy(update={"language": Language.ENGLISH})


def test_the_page_needs_nothing_from_outside(sealed_once: Path) -> None:
    page = (sealed_once / REPORT_HTML).read_text(encoding="utf-8")
    assert re.search(r"""(?:src|href)=["'](?!#)|url\(|@import|<script|https?://(?!www\.w3\.org)""", page) is None


def test_a_plan_cannot_write_html_into_the_report(evidence: Evidence) -> None:
    organisation = evidence.plan.organisation.model_copy(update={"name": "<script>alert(1)</script>"})
    hostile = evidence.model_copy(update={"plan": evidence.plan.model_copy(update={"organisation": organisation})})
    page = render_page(hostile)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("language", Language)
def test_all_47_fields_are_there_and_what_is_not_known_says_so(language: Language, evidence: Evidence) -> None:
    groups = build_groups(evidence, words=load_words(language))
    fields = [field for group in groups for field in group.fields]
    assert [field.number for field in fields] == list(range(1, 48))
    assert {field.number for field in fields if not field.lines} == {12, 13, 29, 30, 34, 35, 36, 37, 39}


def test_the_two_languages_differ_in_words_and_not_in_figures(evidence: Evidence) -> None:
    french, english = render_page(evidence), render_page(_in_english(evidence))
    assert 'lang="fr"' in french
    assert "Écarts et constats" in french
    assert 'lang="en"' in english
    assert "Gaps and findings" in english
    digests = [re.findall(r"\b[0-9a-f]{64}\b", page) for page in (french, english)]
    assert digests[0] == digests[1]


def test_every_printed_page_says_what_the_signature_is_worth_and_the_first_gives_the_verdict(sealed_once: Path) -> None:
    command = ["pdftotext", "-layout", REPORT_PDF, "-"]
    text = subprocess.run(command, cwd=sealed_once, check=True, capture_output=True, text=True).stdout
    pages = text.split("\f")[:-1]
    assert len(pages) >= 5
    assert all("Niveau 1 — clé locale, certificat autosigné, sans horodatage de tiers" in page for page in pages)
    assert re.search(r"^\s*Conforme$", pages[0], re.MULTILINE)
    assert "RTO constaté" in pages[0]
    assert "sauvegarde des données de santé" in pages[0].lower()


def test_the_commands_that_verify_are_on_one_page(evidence: Evidence) -> None:
    page = render_page(evidence)
    whole = re.search(r'<div class="whole">(.*?)</div>', page, re.DOTALL)
    assert whole is not None
    assert "Vérifier ce rapport" in whole[1]
    assert whole[1].count("<tr>") == 5


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_durably(path, b"one")
    write_durably(path, b"two")
    assert path.read_bytes() == b"two"
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
    with pytest.raises(StoreError, match="cannot be written"):
        write_durably(tmp_path / "nowhere" / "a.json", b"")
