"""Renders every page of a site. Pure: the same material gives the same bytes.

A page is escaped by the templates, loads its style sheet and fonts from the site itself, and nothing else: its policy
forbids everything that is not named there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language
from reports.evidence import Evidence
from reports.page.speech import words_for
from reports.page.view import build_view
from reports.render import shorten, template_environment
from reports.signing.wording import describe
from reports.site.dates import months_ahead, months_back
from reports.site.front import build_front
from reports.site.ledger import ENTRIES_ON_A_PAGE, build_head, ledger_rows
from reports.site.links import FONTS, STYLE, Place, Section, downloads_of, run_page, section_page
from reports.site.material import Material
from reports.site.run import DOWNLOADED, Download, RunSubject, build_frame
from reports.site.tables import (
    RUNS_ON_A_PAGE,
    build_actions,
    build_coverage_view,
    build_trend_pages,
    exercise_rows,
    parts_of,
)
from reports.site.voice import Voice, voice_of
from reports.typefaces import font_faces
from reports.typography import Typography
from reports.words import capital, load_words

POLICY = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'"
"""Of every page: no script, no picture from a file, no frame, no form, nothing from elsewhere."""
REGISTER_ARCHIVE = "register.zip"
"""The whole register, with its checkpoint, as one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, with its path within the site."""

    path: str
    html: str


def render_style() -> str:
    """The style sheet of every page."""
    return template_environment().get_template("site/site.css.j2").render(faces=font_faces(_face_from_style))


def render_entrance(organisation: str, *, language: Language) -> Page:
    """The page that a site's own address shows: it leads on, and offers both languages."""
    words = {one: load_words(one) for one in Language}
    template = template_environment().get_template("site/entrance.html.j2")
    html = template.render(
        organisation=organisation, language=language, words=words, policy=POLICY, style=STYLE, languages=tuple(Language)
    )
    return Page(path="index.html", html=html)


def render_sections(material: Material, *, language: Language, downloads: Mapping[str, bytes]) -> Iterator[Page]:
    """Every page but those of runs, in one language.

    Args:
        material: What the pages say.
        language: Theirs.
        downloads: The files of the register, by name, as the site offers them.
    """
    own = material.within(language)
    voice = voice_of(own.outlook)
    yield _section(own, voice, Section.INDEX, view=build_front(own, voice))
    yield _section(own, voice, Section.COVERAGE, view=build_coverage_view(own, voice))
    yield _section(own, voice, Section.CALENDAR, ahead=months_ahead(own, voice), back=months_back(own, voice))
    yield _section(own, voice, Section.TRENDS, trends=tuple(build_trend_pages(own, voice)))
    yield _section(own, voice, Section.ACTIONS, view=build_actions(voice))
    yield from _exercises(own, voice)
    yield from _register(own, voice, downloads=downloads)


def render_run(
    subject: RunSubject,
    *,
    language: Language,
    voice: Voice,
    evidence: Evidence | None,
    downloads: Mapping[str, bytes],
) -> Page:
    """The page of a run in one language.

    Args:
        subject: What is known of it beside the evidence.
        language: Of the page.
        voice: Of the outlook, in that language.
        evidence: Of a run that verifies; None where it does not.
        downloads: Its files, by name, where it verifies.
    """
    place = Place(language=language, page=run_page(subject.line.run_id))
    frame = build_frame(subject, voice)
    if evidence is None:
        html = _render(
            "unproved",
            place,
            voice,
            subject.organisation,
            section=Section.EXERCISES,
            frame=frame,
            standing=subject.line.standing,
        )
        return Page(path=place.path, html=html)
    shown = evidence.model_copy(update={"language": language})
    words = words_for(shown)
    html = _render(
        "run",
        place,
        voice,
        subject.organisation,
        section=Section.EXERCISES,
        say=words,
        frame=frame,
        evidence=shown,
        view=build_view(shown, words=words),
        folder=downloads_of(subject.line.run_id),
        worth=describe(shown.signature, words=words),
        axis=Typography(words).axis,
        shorten=shorten,
        downloads=tuple(_download(name, downloads[name], voice) for name in DOWNLOADED),
    )
    return Page(path=place.path, html=html)


def _section(material: Material, voice: Voice, section: Section, **values: object) -> Page:
    return _part(material, voice, section, section_page(section), **values)


def _part(material: Material, voice: Voice, section: Section, page: str, **values: object) -> Page:
    place = Place(language=voice.language, page=page)
    made = voice.write.moment(material.outlook.now)
    html = _render(section.value, place, voice, material.organisation, section=section, made=made, **values)
    return Page(path=place.path, html=html)


def _exercises(material: Material, voice: Voice) -> Iterator[Page]:
    """The list of runs, in parts: each run stays where it is when others follow."""
    runs = material.outlook.whole.runs
    parts = parts_of(len(runs), size=RUNS_ON_A_PAGE, voice=voice, key="exercises.part")
    for part, places in parts:
        rows = exercise_rows(runs[places.start : places.stop], voice)
        page = section_page(Section.EXERCISES, part=part.number)
        others = tuple(one for one, _ in parts)
        unreadable = tuple(run.run_id for run in material.outlook.whole.unreadable) if part.number is None else ()
        yield _part(material, voice, Section.EXERCISES, page, rows=rows, part=part, parts=others, unreadable=unreadable)


def _register(material: Material, voice: Voice, *, downloads: Mapping[str, bytes]) -> Iterator[Page]:
    parts = parts_of(len(material.entries), size=ENTRIES_ON_A_PAGE, voice=voice, key="ledger.part")
    offered = tuple(_download(name, content, voice) for name, content in downloads.items())
    for part, places in parts:
        yield _part(
            material,
            voice,
            Section.REGISTER,
            section_page(Section.REGISTER, part=part.number),
            rows=ledger_rows(material.entries[places.start : places.stop], voice),
            part=part,
            parts=tuple(one for one, _ in parts),
            head=build_head(material.outlook.proof, voice),
            note=material.note,
            known=frozenset(run.run_id for run in material.outlook.whole.runs),
            downloads=offered,
        )


def _render(
    template: str,
    place: Place,
    voice: Voice,
    organisation: str,
    *,
    section: Section,
    **values: object,
) -> str:
    """`say` may be given: of a drill that acts on no host some sentences are others."""
    shared = {
        "say": voice.words,
        "site": voice.say,
        "counted": voice.counted,
        "capital": capital,
        "write": voice.write,
        "language": voice.language,
        "place": place,
        "section": section,
        "sections": tuple(Section),
        "organisation": organisation,
        "policy": POLICY,
        "style": STYLE,
    }
    return template_environment().get_template(f"site/{template}.html.j2").render(shared | values)


def _download(name: str, content: bytes, voice: Voice) -> Download:
    return Download(name=name, size=voice.write.size(len(content)), digest=sha256(content))


def _face_from_style(name: str) -> str:
    """The style sheet lies in the directory above that of the fonts."""
    return f"{FONTS.rpartition('/')[2]}/{name}"


def languages_of(default: Language) -> Sequence[Language]:
    """Both, the project's own first."""
    return (default, *(one for one in Language if one is not default))
