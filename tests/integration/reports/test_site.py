"""The site of an example year: what it shows, what it does not, that it is the same again, and that nothing is lost."""

import re
import shutil
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from orchestrator.app.outlook import gather
from orchestrator.app.site import make_site
from orchestrator.app.workplace import Workplace, open_workplace
from orchestrator.cli import reprise
from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError, UsageError
from orchestrator.testing import FakeClock
from reports.dossier.lines import Standing
from reports.layout import BUNDLE, EVIDENCE, REPORT_PDF, VERDICT, pack, read_bundle
from reports.register.audit import audit_register
from reports.site.manifest import MANIFEST
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_project import make_project
from tests.integration.reports.example_register import SECRET
from tests.integration.reports.example_year import MADE_AT, Year, live_a_year

VOID = {"meta", "link", "br", "rect", "line", "path", "circle", "polyline"}


@pytest.fixture(scope="module")
def year(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Only to be read."""
    return live_a_year(tmp_path_factory.mktemp("site-year"), own_seal)


@pytest.fixture(scope="module")
def told(year: Year, own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with a report that somebody altered and one that is gone. Only to be read."""
    project = make_project(tmp_path_factory.mktemp("site") / "project", year=year, seal=own_seal)
    spoil(project, year)
    return project


@pytest.fixture(scope="module")
def site(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its site. Only to be read."""
    target = tmp_path_factory.mktemp("made") / "site"
    make_site(workplace(told), target)
    return target


def spoil(project: Path, year: Year) -> None:
    bundle = project / "runs" / year.runs["late"].name / BUNDLE
    files = read_bundle(bundle.read_bytes())
    bundle.write_bytes(pack({**files, VERDICT: files[VERDICT] + b" "}))
    shutil.rmtree(project / "runs" / year.runs["in-time"].name)


def workplace(project: Path, *, at: datetime = MADE_AT) -> Workplace:
    return open_workplace(project, clock=FakeClock(at=at))


def page(site: Path, name: str, language: str = "fr") -> str:
    return (site / language / f"{name}.html").read_text(encoding="utf-8")


def run_page(site: Path, year: Year, run: str, language: str = "fr") -> str:
    return page(site, f"runs/{year.runs[run].name}", language)


def contents(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): sha256(file.read_bytes()) for file in folder.rglob("*") if file.is_file()
    }


class Outline(HTMLParser):
    """Every tag is closed in its turn; the links and the names that they may lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert len(values) == len(attrs), (tag, attrs)
        assert not any(name.startswith("on") or name == "style" for name in values), (tag, attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        if tag == "a":
            self.links.append(values["href"] or "")
        if tag == "link" or "src" in values:
            self.loaded.append(values.get("href") or values.get("src") or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID, tag

    def handle_endtag(self, tag: str) -> None:
        assert tag not in VOID, tag
        assert self.open.pop() == tag


def test_every_page_is_well_formed_and_every_link_leads_to_something(site: Path) -> None:
    pages = {file: Outline(file.read_text(encoding="utf-8")) for file in site.rglob("*.html")}
    assert len(pages) == 1 + 2 * (7 + 9)
    for file, outline in pages.items():
        assert len(outline.ids) == len(set(outline.ids)), file
        for link in (*outline.links, *outline.loaded):
            path, _, fragment = link.partition("#")
            target = (file.parent / unquote(path)).resolve() if path else file
            assert target.is_file(), (file, link)
            assert target.is_relative_to(site), (file, link)
            assert not fragment or fragment in pages[target].ids, (file, link)


def test_every_page_names_its_language_and_its_policy(site: Path) -> None:
    for language in Language:
        for file in (site / language).rglob("*.html"):
            text = file.read_text(encoding="utf-8")
            assert f'<html lang="{language}">' in text, file
            assert "default-src &#39;none&#39;; style-src &#39;self&#39;" in text, file
            assert "<script" not in text, file


def test_the_figures_are_those_of_the_report(site: Path, year: Year) -> None:
    for language in ("fr", "en"):
        text = run_page(site, year, "passed", language)
        report = (year.runs["passed"] / "report.html").read_text(encoding="utf-8")
        cards = re.findall(r'<p class="value">(.*?)</p>', text)
        assert len(cards) == 3
        if language == "fr":
            assert cards == re.findall(r'<p class="value">(.*?)</p>', report)


def test_what_is_downloaded_is_what_was_sealed(site: Path, year: Year) -> None:
    text = run_page(site, year, "passed")
    for name in (REPORT_PDF, BUNDLE, EVIDENCE):
        sealed = (year.runs["passed"] / name).read_bytes()
        assert (site / "files" / year.runs["passed"].name / name).read_bytes() == sealed
        assert sha256(sealed) in text


@pytest.mark.parametrize(
    ("run", "standing"), [("late", Standing.INVALID), ("in-time", Standing.MISSING), ("open", Standing.OPEN)]
)
def test_what_is_not_proved_has_its_cause_and_no_figure(site: Path, year: Year, run: str, standing: Standing) -> None:
    text = run_page(site, year, run)
    assert "Preuve non vérifiée" in text
    assert not re.search(r'class="value"|class="card|download', text)
    assert not (site / "files" / year.runs[run].name).exists()
    words = {Standing.INVALID: "ne se vérifie pas", Standing.MISSING: "rapport absent"}
    assert words.get(standing, "commencé, sans fin") in text
    assert year.runs[run].name not in page(site, "trends")


def test_a_report_that_does_not_verify_tests_nothing(told: Path, site: Path) -> None:
    outlook = gather(workplace(told)).outlook
    untested = {one.system for one in outlook.never_tested}
    assert untested == {"archives", "labo", "pacs"}
    never = page(site, "coverage").partition('id="never"')[2].partition("</section>")[0]
    assert all(system in never for system in untested)


def test_the_first_page_says_what_is_owed(site: Path) -> None:
    text = page(site, "index")
    owed = text.partition('id="owed"')[2].partition("</section>")[0]
    assert "Bascule du PACS" in owed
    assert "Restauration du laboratoire" in owed
    assert "Restauration du dossier patient" not in owed
    assert "1 rapport qui ne se vérifie pas" in text.replace("\u00a0", " ")


def test_the_register_can_be_verified_from_what_is_downloaded(site: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(site / "files" / "register" / "register.zip", tmp_path)
    audit = audit_register(tmp_path, keys=[SECRET.public_key()])
    assert audit.valid, audit.failures
    assert audit.signed == audit.entries > 0


def test_made_again_it_is_the_same_and_no_page_of_a_run_is_made_twice(told: Path, site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    first = make_site(workplace(told), other)
    assert (first.runs, first.renewed, first.unproved) == (9, 9, 3)
    assert contents(other) == contents(site)
    again = make_site(workplace(told), other)
    assert (again.runs, again.renewed) == (9, 0)
    assert contents(other) == contents(site)


def test_a_page_that_somebody_changed_is_made_again(told: Path, tmp_path: Path, year: Year) -> None:
    target = tmp_path / "site"
    make_site(workplace(told), target)
    before = contents(target)
    changed = target / "fr" / "runs" / f"{year.runs['passed'].name}.html"
    changed.write_text("<p>conforme", encoding="utf-8")
    assert make_site(workplace(told), target).renewed == 1
    assert contents(target) == before


def test_a_run_whose_evidence_changes_loses_its_figures(year: Year, own_seal: Seal, tmp_path: Path) -> None:
    project, target = make_project(tmp_path / "project", year=year, seal=own_seal), tmp_path / "site"
    make_site(workplace(project), target)
    assert "Preuve non vérifiée" not in run_page(target, year, "late")
    spoil(project, year)
    make_site(workplace(project), target)
    assert "Preuve non vérifiée" in run_page(target, year, "late")
    assert not (target / "files" / year.runs["late"].name).exists()


@pytest.mark.parametrize("there", ["notes.txt", "site.json", "folder/notes.txt"])
def test_what_is_no_site_of_ours_is_refused_and_stays(told: Path, tmp_path: Path, there: str) -> None:
    target = tmp_path / "documents"
    (target / there).parent.mkdir(parents=True)
    (target / there).write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="something else"):
        make_site(workplace(told), target)
    assert [path.read_text() for path in target.rglob("*") if path.is_file()] == ["mine"]
    assert [path.name for path in tmp_path.iterdir()] == ["documents"]


def test_what_somebody_put_into_the_site_is_not_lost(told: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    make_site(workplace(told), target)
    (target / "fr" / "notes.txt").write_text("mine", encoding="utf-8")
    before = contents(target)
    with pytest.raises(UsageError, match=r"fr/notes\.txt: it is no part of the site"):
        make_site(workplace(told), target)
    assert contents(target) == before


def test_the_projects_own_directories_are_never_replaced(told: Path) -> None:
    for place in (told, told / "runs", told / "runs" / "site", told.parent):
        with pytest.raises(UsageError, match="it holds, or is within"):
            make_site(workplace(told), place)


def test_a_register_that_was_altered_leaves_the_old_site(year: Year, own_seal: Seal, tmp_path: Path) -> None:
    project, target = make_project(tmp_path / "project", year=year, seal=own_seal), tmp_path / "site"
    make_site(workplace(project), target)
    before = contents(target)
    log = project / "register" / "register.jsonl"
    log.write_bytes(log.read_bytes().replace(b"site de secours indisponible", b"site de secours en travaux "))
    with pytest.raises(EvidenceError, match="register"):
        make_site(workplace(project), target)
    assert contents(target) == before


def test_who_died_while_swapping_lost_nothing(told: Path, site: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    make_site(workplace(told), target)
    target.rename(tmp_path / ".site.old")
    assert make_site(workplace(told), target).renewed == 0
    assert contents(target) == contents(site)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_project_without_a_run_has_a_site(year: Year, own_seal: Seal, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", year=year, seal=own_seal)
    shutil.rmtree(project / "runs")
    shutil.rmtree(project / "register")
    made = make_site(workplace(project), tmp_path / "site")
    assert (made.runs, made.unproved) == (0, 0)
    text = page(tmp_path / "site", "index")
    assert "Aucun exercice n’a encore été lancé." in text
    assert "statement calm" not in text
    for file in (tmp_path / "site").rglob("*.html"):
        Outline(file.read_text(encoding="utf-8"))


def test_a_year_later_the_same_runs_are_overdue(told: Path, tmp_path: Path) -> None:
    make_site(workplace(told, at=datetime(2027, 11, 24, 9, tzinfo=UTC)), tmp_path / "site")
    owed = page(tmp_path / "site", "index", "en").partition('id="owed"')[2].partition("</section>")[0]
    assert "Restore of the patient record" in owed or "Restauration du dossier patient" in owed


def test_the_command_says_what_it_did(told: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    done = CliRunner().invoke(reprise, ["site", str(out), "-C", str(told), "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert "9 (9 pages made again, 3 without verified evidence)" in done.output
    assert 'content="0; url=en/index.html"' in (out / "index.html").read_text(encoding="utf-8")
    assert (out / MANIFEST).is_file()
