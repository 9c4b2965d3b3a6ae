"""What somebody makes of a sealed run who has everything but the key: the journal told otherwise, figures made better.

Each forgery holds together: the chain is computed again, and with `signed_by` every digest and statement too.
"""

from collections.abc import Callable
from dataclasses import replace

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.events import WatchFinished
from orchestrator.core.journal import Entry, format_line, parse_journal
from orchestrator.core.model import Interval, Verdict
from orchestrator.core.samples import SAMPLE_COLUMNS, format_sample, header, parse_samples
from reports.envelope import build_statement, sign_statement
from reports.evidence import Evidence, VerdictDocument, build_evidence, parse_evidence
from reports.layout import ATTESTATION, EVIDENCE, REPORT_HTML, REPORT_PDF, VERDICT, sources
from reports.materials import JOURNAL, PLAN, read_materials, read_plan
from reports.pdf import seal_pdf
from reports.render import draw_report, render_page
from tests.integration.reports.conftest import Seal

Files = dict[str, bytes]
SERVICE = "samples/sql-service.csv"
UNANSWERED = 20
"""Questions in a row that stay unanswered where an interruption is made shorter: a second."""


def entries_of(files: Files) -> list[Entry]:
    """The journal's entries."""
    return list(parse_journal(files[JOURNAL], genesis=read_plan(files[PLAN]).digest))


def retold(files: Files, tell: Callable[[list[Entry]], list[Entry]]) -> Files:
    """The journal told otherwise, numbered and chained again."""
    content, previous = b"", read_plan(files[PLAN]).digest
    for number, entry in enumerate(tell(entries_of(files))):
        line = format_line(entry.model_copy(update={"seq": number, "prev": previous}))
        content, previous = content + line, sha256(line[:-1])
    return files | {JOURNAL: content}


def swapped(entries: list[Entry], at: int = 40) -> list[Entry]:
    """An entry and the next one in each other's place."""
    return [*entries[:at], entries[at + 1], entries[at], *entries[at + 2 :]]


def computed_again(files: Files) -> Files:
    """Evidence and verdict as the product itself would make them of these files; still in the name of the own key."""
    before = parse_evidence(files[EVIDENCE])
    evidence = build_evidence(
        read_materials(sources(files)),
        language=before.language,
        mapping=before.mapping,
        signature=before.signature,
        scan=before.scan,
        registration=before.registration,
        versions=before.versions,
    )
    return _stating(files, evidence)


def _stating(files: Files, evidence: Evidence) -> Files:
    verdict = VerdictDocument(
        run_id=evidence.run_id,
        plan_sha256=evidence.plan_sha256,
        journal_sha256=sha256(files[JOURNAL]),
        judgement=evidence.judgement,
    )
    return files | {EVIDENCE: canonical(evidence), VERDICT: canonical(verdict)}


def signed_by(files: Files, seal: Seal) -> Files:
    """A new attestation over whatever the files are now."""
    covered = {name: content for name, content in files.items() if name != ATTESTATION}
    statement = build_statement(parse_evidence(files[EVIDENCE]), files=covered)
    return files | {ATTESTATION: sign_statement(statement, signer=seal.signer)}


def drawn_again(files: Files, seal: Seal) -> Files:
    """Both reports drawn from the evidence that there is now, and the PDF sealed."""
    evidence = parse_evidence(files[EVIDENCE])
    drawn = draw_report(evidence, files={**sources(files), EVIDENCE: files[EVIDENCE]})
    pdf = seal_pdf(drawn, signer=seal.signer, certificate=seal.certificate, reason="essai")
    return files | {REPORT_HTML: render_page(evidence).encode(), REPORT_PDF: pdf}


def flattered(files: Files) -> Files:
    """Better figures and no finding, in evidence and verdict: not what the journal gives."""
    evidence = parse_evidence(files[EVIDENCE])
    shorter = tuple(
        one.model_copy(update={"value": Interval(lower=0, upper=1)}) for one in evidence.measurements.measurements
    )
    figures = evidence.measurements.model_copy(update={"measurements": shorter})
    judgement = evidence.judgement.model_copy(update={"verdict": Verdict.PASSED, "findings": ()})
    return _stating(files, evidence.model_copy(update={"measurements": figures, "judgement": judgement}))


def shortened(files: Files) -> Files:
    """A shorter interruption in the samples and in the journal; evidence and verdict are honestly computed of both."""
    again, left = [], UNANSWERED
    for sample in parse_samples(files[SERVICE].decode()):
        left -= not sample.answered
        again.append(replace(sample, answered=True, fault="") if left < 0 else sample)
    series = (header(SAMPLE_COLUMNS) + "".join(map(format_sample, again))).encode()
    closed = {"failures": UNANSWERED, "sha256": sha256(series)}

    def tell(entries: list[Entry]) -> list[Entry]:
        return [
            entry.model_copy(update={"event": entry.event.model_copy(update=closed)})
            if isinstance(entry.event, WatchFinished) and entry.event.file == SERVICE
            else entry
            for entry in entries
        ]

    return computed_again(retold(files | {SERVICE: series}, tell))
