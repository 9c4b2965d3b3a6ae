"""The site as people see it, in a real Chromium: nothing from outside, no violation, on a phone and by keyboard too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, ViewportSize

from orchestrator.app.site import make_site
from orchestrator.app.workplace import open_workplace
from orchestrator.testing import FakeClock
from tests.browser import open_browser
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_project import make_project
from tests.integration.reports.example_year import MADE_AT, Year, live_a_year

DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
LONGEST_MS = 300_000
"""For what never ends, on however slow a machine."""
SECTIONS = ("index", "coverage", "calendar", "exercises", "trends", "actions", "register")
RUNS = ("failed", "gaps", "inconclusive", "refused", "open")
RULES = {
    "resultTypes": ["violations"],
    # It would load the style sheets itself, which the pages' policy rightly forbids.
    "preload": False,
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


@pytest.fixture(scope="module")
def year(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Only to be read."""
    return live_a_year(tmp_path_factory.mktemp("browsed-year"), own_seal)


@pytest.fixture(scope="module")
def site(year: Year, own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of that year. Only to be read."""
    folder = tmp_path_factory.mktemp("browsed")
    project = make_project(folder / "project", year=year, seal=own_seal)
    make_site(open_workplace(project, clock=FakeClock(at=MADE_AT)), folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def browser(site: Path) -> Iterator[Browser]:
    """Opened once the site is there: Playwright's loop runs in this thread, and sealing needs one of its own."""
    with open_browser() as opened:
        yield opened


def kinds(year: Year) -> tuple[str, ...]:
    """One page of every kind."""
    return (*SECTIONS, *(f"runs/{year.runs[run].name}" for run in RUNS))


def visit(page: Page, site: Path, path: str) -> None:
    page.goto((site / path).as_uri())
    page.evaluate("document.fonts.ready")


@pytest.mark.parametrize(
    ("language", "scheme", "size"),
    [("fr", "light", DESKTOP), ("fr", "dark", PHONE), ("en", "dark", DESKTOP), ("en", "light", PHONE)],
)
def test_no_page_has_a_violation_or_asks_for_anything_outside(
    browser: Browser,
    site: Path,
    year: Year,
    language: str,
    scheme: Literal["light", "dark"],
    size: ViewportSize,
) -> None:
    """Every kind of page in both languages, light and dark, on a desk and on a phone."""
    asked: list[str] = []
    said: list[str] = []
    context = browser.new_context(color_scheme=scheme, viewport=size)
    context.set_default_timeout(LONGEST_MS)
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    for name in kinds(year):
        visit(page, site, f"{language}/{name}.html")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"{name} is {wide} wide"
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{name}\n{found.generate_report()}"
    context.close()
    assert said == []
    assert asked
    assert [url for url in asked if not url.startswith(site.as_uri())] == []


def test_the_style_and_the_typefaces_are_those_of_the_site(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    visit(page, site, "fr/index.html")
    loaded = page.evaluate("[...document.fonts].filter(one => one.status === 'loaded').map(one => one.family)")
    assert '"Report Sans"' in loaded or "Report Sans" in loaded
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "1080px"
    page.close()


def test_the_entrance_leads_on_in_the_language_of_the_project(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.wait_for_url("**/fr/index.html")
    assert page.title() == "État des exercices — Hébergeur Santé Exemple"
    page.close()


def test_by_keyboard_the_content_is_one_key_away_and_the_focus_is_seen(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    visit(page, site, "fr/coverage.html")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Aller au contenu"
    assert skip.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.close()


def test_the_switch_leads_to_the_same_page_in_the_other_language(browser: Browser, site: Path, year: Year) -> None:
    page = browser.new_page()
    visit(page, site, f"fr/runs/{year.runs['failed'].name}.html")
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/en/runs/*")
    assert page.get_by_role("heading", level=1).inner_text() == "Point-in-time restore of the laboratory"
    assert page.locator("html").get_attribute("lang") == "en"
    page.close()


def test_a_screen_reader_finds_tables_on_a_phone_too(browser: Browser, site: Path) -> None:
    page = browser.new_page(viewport=PHONE)
    visit(page, site, "fr/exercises.html")
    table = page.get_by_role("table")
    assert table.count() == 1
    assert table.get_by_role("rowheader").count() == 9
    assert table.get_by_role("columnheader", include_hidden=True).count() == 7
    page.close()


def test_on_paper_the_menu_is_left_out(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.emulate_media(media="print")
    visit(page, site, "fr/index.html")
    assert not page.get_by_role("navigation").is_visible()
    assert page.get_by_role("heading", level=1).is_visible()
    page.close()
