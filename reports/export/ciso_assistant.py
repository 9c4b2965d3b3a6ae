"""What CISO Assistant is given of a run: names, sentences and the bundle. Sending it is an adapter's."""

from dataclasses import dataclass

from orchestrator.core.canonical import sha256
from orchestrator.core.results import Quantity
from reports.export.run import SealedRun
from reports.export.text import line
from reports.typography import Typography
from reports.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file and what is said of it."""

    name: str
    """Of the evidence. It depends on the run alone: it is found again by it."""
    description: str
    observation: str
    """Of the revision. The same for the same file."""
    file_name: str
    content: bytes


def build_piece(run: SealedRun, *, words: Words) -> Piece:
    """The bundle of a run, ready to be handed over.

    One ZIP, because CISO Assistant lets in only some kinds of file, and because the bundle is what verifies.
    """
    digest = sha256(run.bundle)
    return Piece(
        name=f"reprise {run.run_id}",
        description="\n".join(_described(run, words=words)),
        observation=words("export.ciso.observation", digest=digest),
        file_name=f"{run.run_id}.zip",
        content=run.bundle,
    )


def _described(run: SealedRun, *, words: Words) -> list[str]:
    evidence, typography = run.evidence, Typography(words)
    drill = evidence.plan.drill
    verdict = evidence.judgement.verdict
    measured = [
        words("labelled", label=words(f"quantity.{found.quantity}"), value=typography.interval(found.value, unit="us"))
        for quantity in (Quantity.RTO, Quantity.RPO)
        if (found := evidence.measurements.quantity(quantity))
    ]
    return [
        line(f"{drill.title.within(words.language)} ({drill.system})"),
        words("labelled", label=words("report.date"), value=typography.moment(evidence.journal.started_at)),
        words(
            "labelled", label=words("field.31"), value=f"{words(f'verdict.{verdict}')}. {words(f'sentence.{verdict}')}"
        ),
        *measured,
        words("report.disclaimer"),
        words("export.ciso.verify"),
    ]
