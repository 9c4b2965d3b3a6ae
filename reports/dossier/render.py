"""Renders a dossier into one page of HTML and draws it as PDF, `dossier.json` inside. Pure."""

from orchestrator.core.canonical import sha256
from reports.dossier.document import Dossier
from reports.dossier.layout import DOSSIER_JSON
from reports.dossier.view import build_view
from reports.pdf import draw_pdf
from reports.render import template_environment
from reports.signing.wording import describe
from reports.typography import Typography
from reports.words import load_words


def render_dossier(dossier: Dossier) -> str:
    """The whole dossier as one HTML document that needs nothing from outside."""
    words = load_words(dossier.scope.language)
    write = Typography(words)
    return (
        template_environment()
        .get_template("dossier.html.j2")
        .render(
            say=words,
            write=write,
            semicolon=write.semicolon,
            stamp=f"{dossier.scope.made_at:%Y-%m-%dT%H:%M:%SZ}",
            view=build_view(dossier, words=words),
            dossier=dossier,
            worth=describe(dossier.signature, words=words),
        )
    )


def draw_dossier(dossier: Dossier, *, document: bytes) -> bytes:
    """The unsigned PDF of a dossier.

    Args:
        dossier: What it prints.
        document: The bytes of `dossier.json`, which go inside, and from whose digest the PDF's own identifier is made.
    """
    moment = dossier.scope.made_at.replace(microsecond=0)
    page = render_dossier(dossier)
    return draw_pdf(page, attachments={DOSSIER_JSON: document}, identifier=sha256(document), moment=moment)
