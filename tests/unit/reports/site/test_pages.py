"""Every page of the menu: nothing that anybody wrote is markup; months, freezes and parts are where they belong."""

import re
from datetime import timedelta

import pytest

from orchestrator.core.model import Language
from reports.dossier.picture import DeclaredDrill
from reports.register.entries import Action, DrillWaived, RunAnnotated, Topic
from reports.site.dates import coming, months_ahead, months_back
from reports.site.links import Section
from reports.site.material import Announced, Freeze, Question
from reports.site.pages import Page, render_entrance, render_run, render_sections
from reports.site.run import subjects
from reports.site.tables import parts_of
from reports.site.voice import voice_of
from tests.unit.reports.dossier.lives import at, ended, missed, planned, started
from tests.unit.reports.site.materials import material, title

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;{{ 7*7 }}</title>"
NOW = at(7)


def hostile() -> list[Page]:
    """Every page of a project in which everything that may be free text is hostile."""
    drill = DeclaredDrill(id="restore", title=title(HOSTILE), kind="backup-restore", system="dpi", perimeters=(5,))
    action = Action(id="faster", owner=HOSTILE, due_on="2026-05-31")
    waiver = DrillWaived(
        drill="restore", system="dpi", perimeters=(5,), waived_by=HOSTILE, reason=HOSTILE, until=at(6, 30)
    )
    begun = started(HOSTILE).model_copy(update={"requester": HOSTILE, "reason": HOSTILE, "change": HOSTILE})
    made = material(
        (at(1), planned(at(3, 31))),
        (at(2), begun),
        (at(2, 2), ended(HOSTILE)),
        (at(2, 3), RunAnnotated(run_id=HOSTILE, topic=Topic.CAUSE, by=HOSTILE, text=HOSTILE)),
        (at(2, 4), RunAnnotated(run_id=HOSTILE, topic=Topic.ACTION, by=HOSTILE, text=HOSTILE, action=action)),
        (at(4, 1), missed(at(3, 31)).model_copy(update={"reason": HOSTILE})),
        (at(4, 2), waiver),
        drills=(drill,),
        now=NOW,
        announced=(Announced(drill="restore", system="dpi", due_at=at(9)),),
        freezes=(Freeze(title=title(HOSTILE), starts_at=at(8), ends_at=at(8, 20)),),
        questions=(
            Question(run_id=HOSTILE, drill="restore", step=title(HOSTILE), roles=(title(HOSTILE),), until=at(7, 2)),
        ),
        organisation=HOSTILE,
    )
    found = [render_entrance(made.organisation, language=Language.FRENCH)]
    for language in Language:
        found += render_sections(made, language=language, downloads={})
        voice = voice_of(made.within(language).outlook)
        for subject in subjects(made, titles=voice.whole.names.drills, maker="0" * 64):
            found.append(render_run(subject, language=language, voice=voice, evidence=None, downloads={}))
    return found


def test_nothing_that_anybody_wrote_is_markup() -> None:
    found = hostile()
    assert len(found) == 1 + 2 * (len(Section) + 1)
    for page in found:
        assert "<script" not in page.html, page.path
        assert "<img" not in page.html, page.path
        assert "49" not in re.sub(r"[0-9a-f]{16,}", "", page.html), page.path
        assert ".." not in page.path, page.path
    assert sum("&lt;script&gt;" in page.html for page in found) == len(found)


def test_a_page_says_when_it_was_made_and_a_runs_page_does_not() -> None:
    for page in hostile():
        made = "1er juillet 2026" in page.html.replace("\u00a0", " ") or "1 July 2026" in page.html.replace(
            "\u00a0", " "
        )
        assert made is ("/runs/" not in page.path and page.path != "index.html"), page.path


def test_what_only_a_schedule_gives_is_announced_and_no_more() -> None:
    made = material(
        (at(1), planned(at(9))), now=NOW, announced=(Announced(drill="restore", system="dpi", due_at=at(12)),)
    )
    rows = list(coming(made, voice_of(made.outlook)))
    assert [(row.iso, row.state) for row in rows] == [("2026-09-01", "à venir"), ("2026-12-01", "annoncé")]


def test_the_calendar_is_a_year_back_and_a_year_ahead() -> None:
    made = material((at(1), planned(at(3, 31))), (at(1), planned(at(9))), now=NOW)
    voice = voice_of(made.outlook)
    ahead, back = months_ahead(made, voice), months_back(made, voice)
    assert (ahead[0].title, ahead[0].current, ahead[-1].title) == ("Juillet 2026", True, "Juillet 2027")
    assert [month.title for month in back] == ["Mars 2026"]
    assert [month.title for month in ahead if month.rows] == ["Septembre 2026"]


def test_a_freeze_is_in_every_month_that_it_touches() -> None:
    freeze = Freeze(title=title("été"), starts_at=at(7, 20), ends_at=at(9, 1) - timedelta(hours=12))
    made = material(now=NOW, freezes=(freeze,))
    ahead = months_ahead(made, voice_of(made.outlook))
    assert [month.title for month in ahead if month.freezes] == ["Juillet 2026", "Août 2026"]


@pytest.mark.parametrize(("count", "expected"), [(0, [0]), (1, [1]), (10, [10]), (11, [1, 10]), (25, [5, 10, 10])])
def test_a_list_is_cut_so_that_nothing_moves_when_others_follow(count: int, expected: list[int]) -> None:
    made = material(now=NOW)
    parts = parts_of(count, size=10, voice=voice_of(made.outlook), key="ledger.part")
    assert [len(places) for _, places in parts] == expected
    assert [part.number for part, _ in parts] == [None, *range(len(expected) - 2, -1, -1)]
    assert sorted(place for _, places in parts for place in places) == list(range(count))
