"""Renders evidence into the one page of HTML that is both `report.html` and, drawn, `report.pdf`. Pure."""

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

from jinja2 import Environment, PackageLoader, StrictUndefined
from weasyprint.text.ffi import pango

from reports.evidence import Evidence
from reports.layout import attachment_names
from reports.page.speech import words_for
from reports.page.view import build_view
from reports.pdf import draw_pdf
from reports.signing.wording import describe
from reports.typography import Typography

LONGEST_NAME = 36
_PROGRAMS = ("reprise-drills", "jinja2", "weasyprint", "pydyf", "fonttools", "pyhanko", "cryptography")


def render_page(evidence: Evidence) -> str:
    """The whole report as one HTML document that needs nothing from outside."""
    words = words_for(evidence)
    write = Typography(words)
    return (
        template_environment()
        .get_template("report.html.j2")
        .render(
            say=words,
            write=write,
            axis=write.axis,
            semicolon=write.semicolon,
            shorten=shorten,
            stamp=f"{evidence.journal.ended_at:%Y-%m-%dT%H:%M:%SZ}",
            view=build_view(evidence, words=words),
            evidence=evidence,
            worth=describe(evidence.signature, words=words),
        )
    )


def draw_report(evidence: Evidence, *, files: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF of a report.

    Args:
        evidence: What it prints.
        files: What goes inside: the evidence and what it is computed from, so that one PDF alone can be verified.
    """
    names = attachment_names(files)
    attachments = {names[name]: files[name] for name in sorted(files)}
    moment = evidence.journal.ended_at.replace(microsecond=0)
    return draw_pdf(render_page(evidence), attachments=attachments, identifier=evidence.run_id, moment=moment)


def program_versions() -> dict[str, str]:
    """The versions on which a report depends: with the same ones, the same evidence gives the same bytes."""
    libraries = {"pango": str(pango.pango_version()), "python": platform.python_version()}
    return {name: version(name) for name in _PROGRAMS} | libraries


def shorten(name: str) -> str:
    """A name that fits the left column of the timeline; the whole of it is in the table of steps."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


@cache
def template_environment() -> Environment:
    """Where the templates of all documents come from: everything is escaped, and a missing value is an error."""
    loader = PackageLoader("reports", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
