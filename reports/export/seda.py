"""A submission for an archive: SEDA 2.2 `ArchiveTransfer` manifest and the files, in one ZIP. Keeps nothing itself.

What the archive alone can know (its own rules, profile, service level) is left out; what was left out for want of
knowledge is said in the manifest and by `left_out`. No claim of NF Z42-013 is made or meant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from orchestrator.core.canonical import sha256
from orchestrator.core.retention import parse_retention
from orchestrator.errors import UsageError
from reports.bundle import CERTIFICATE, INSTRUCTIONS
from reports.export.formats import format_of
from reports.export.run import SealedRun
from reports.export.text import xml_text
from reports.layout import ATTESTATION, EVIDENCE, REPORT_HTML, REPORT_PDF, VERDICT, pack
from reports.materials import DRILL, JOURNAL, PLAN, SERIES_FOLDER
from reports.words import Words

NAMESPACE = "fr:gouv:culture:archivesdefrance:seda:v2.2"
MANIFEST = "manifest.xml"
_CODE_LISTS = (
    ("MessageDigestAlgorithmCodeListVersion", "http://www.w3.org/2001/04/xmlenc"),
    ("MimeTypeCodeListVersion", "IANA"),
    ("FileFormatCodeListVersion", "PRONOM"),
)
_DESCRIBED = {
    PLAN: "plan",
    JOURNAL: "journal",
    DRILL: "drill",
    VERDICT: "verdict",
    EVIDENCE: "evidence",
    REPORT_HTML: "report-html",
    REPORT_PDF: "report-pdf",
    ATTESTATION: "attestation",
    INSTRUCTIONS: "instructions",
    CERTIFICATE: "certificate",
}
_DIGEST = "SHA-256"
_RULES = "ISO 8601"
"""What the retention rule is written in, until the archive puts its own rule in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Who hands over to whom, by the identifiers that the archive gave them. Nothing here can be guessed."""

    archival_agency: str
    transferring_agency: str
    agreement: str | None = None
    originating_agency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The ZIP, and in words what an archivist still has to give."""

    content: bytes
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One file of a run, under the identifiers that the manifest and the ZIP know it by."""

    run: SealedRun
    name: str
    identifier: str

    @property
    def content(self) -> bytes:
        return self.run.files[self.name]

    @property
    def place(self) -> str:
        """In the ZIP: by its identifier, so that no name of ours meets a rule of the archive's for names."""
        return f"content/{self.identifier}{PurePosixPath(self.name).suffix}"


def render_seda(runs: Sequence[SealedRun], *, transfer: Transfer, words: Words) -> Submission:
    """The submission of these runs; the same runs and transfer give the same bytes.

    Args:
        runs: At least one: each becomes an archive unit, and each of its files one below it.
        transfer: Who hands over to whom.
        words: Of titles and descriptions.

    Raises:
        UsageError: There is no run, or an agency has no identifier.
    """
    if not runs or not transfer.archival_agency.strip() or not transfer.transferring_agency.strip():
        raise UsageError(
            "SEDA: a run, the archive and the one who hands over must be named",
            hint="the archive gives the identifiers, with its agreement (accord de versement)",
        )
    ordered = sorted(runs, key=lambda run: run.run_id)
    files = [file for number, run in enumerate(ordered, start=1) for file in _files(run, number=number)]
    left_out = tuple(_left_out(ordered, transfer=transfer, words=words))
    manifest = _Manifest(runs=ordered, files=files, transfer=transfer, left_out=left_out, words=words).render()
    content = {file.place: file.content for file in files}
    return Submission(content=pack({MANIFEST: manifest, **content}), left_out=left_out)


def _files(run: SealedRun, *, number: int) -> Iterator[_File]:
    for position, name in enumerate(sorted(run.files), start=1):
        yield _File(run=run, name=name, identifier=f"run{number}-file{position}")


def _left_out(runs: Sequence[SealedRun], *, transfer: Transfer, words: Words) -> Iterator[str]:
    for run in runs:
        written = run.evidence.plan.organisation.retention
        if written is None:
            yield words("export.seda.no-retention", run=run.run_id)
        elif parse_retention(written) is None:
            yield words("export.seda.unread-retention", run=run.run_id, retention=written)
    if transfer.agreement is None:
        yield words("export.seda.no-agreement")
    if transfer.originating_agency is None:
        yield words("export.seda.no-originating-agency")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    """Writes `manifest.xml`, in the order of elements that the schema wants."""

    runs: Sequence[SealedRun]
    files: Sequence[_File]
    transfer: Transfer
    left_out: tuple[str, ...]
    words: Words

    def render(self) -> bytes:
        """The bytes of the manifest."""
        root = Element("ArchiveTransfer", {"xmlns": NAMESPACE})
        names = [run.run_id for run in self.runs]
        _add(root, "Comment", self.words("export.seda.comment", count=len(names)))
        for note in self.left_out:
            _add(root, "Comment", note)
        _add(root, "Date", max(run.evidence.journal.ended_at for run in self.runs).isoformat())
        _add(root, "MessageIdentifier", f"reprise-{sha256(' '.join(names).encode())[:32]}")
        if self.transfer.agreement:
            _add(root, "ArchivalAgreement", self.transfer.agreement)
        self._code_lists(root)
        self._package(_add(root, "DataObjectPackage"))
        _add(_add(root, "ArchivalAgency"), "Identifier", self.transfer.archival_agency)
        _add(_add(root, "TransferringAgency"), "Identifier", self.transfer.transferring_agency)
        indent(root, space=" ")
        written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
        return written + b"\n"

    def _code_lists(self, root: Element) -> None:
        lists = _add(root, "CodeListVersions")
        for name, version in _CODE_LISTS:
            _add(lists, name, version)
        if any(parse_retention(run.evidence.plan.organisation.retention) for run in self.runs):
            _add(lists, "AppraisalRuleCodeListVersion", _RULES)

    def _package(self, package: Element) -> None:
        for file in self.files:
            _data_object(package, file)
        described = _add(package, "DescriptiveMetadata")
        for number, run in enumerate(self.runs, start=1):
            self._unit(described, run, identifier=f"run{number}")
        management = _add(package, "ManagementMetadata")
        if self.transfer.originating_agency:
            _add(management, "OriginatingAgencyIdentifier", self.transfer.originating_agency)
        _add(management, "SubmissionAgencyIdentifier", self.transfer.transferring_agency)

    def _unit(self, parent: Element, run: SealedRun, *, identifier: str) -> None:
        unit = _add(parent, "ArchiveUnit", id=identifier)
        self._retention(unit, run)
        self._described(_add(unit, "Content"), run)
        for file in (file for file in self.files if file.run is run):
            item = _add(unit, "ArchiveUnit", id=f"{file.identifier}-unit")
            content = _add(item, "Content")
            _add(content, "DescriptionLevel", "Item")
            _add(content, "Title", file.name)
            _add(content, "Description", self.words(_described_by(file.name)))
            _add(_add(item, "DataObjectReference"), "DataObjectGroupReferenceId", f"{file.identifier}-group")

    def _retention(self, unit: Element, run: SealedRun) -> None:
        """How long to keep, from the end of the drill. Then `Keep`: whether to destroy is the archive's to decide."""
        period = parse_retention(run.evidence.plan.organisation.retention)
        if period is not None:
            rule = _add(_add(unit, "Management"), "AppraisalRule")
            _add(rule, "Rule", period)
            _add(rule, "StartDate", run.evidence.journal.ended_at.date().isoformat())
            _add(rule, "FinalAction", "Keep")

    def _described(self, content: Element, run: SealedRun) -> None:
        evidence, language = run.evidence, self.words.language
        drill = evidence.plan.drill
        verdict = self.words(f"verdict.{evidence.judgement.verdict}")
        _add(content, "DescriptionLevel", "File")
        _add(content, "Title", f"{drill.title.within(language)} ({run.run_id})")
        _add(content, "OriginatingSystemId", run.run_id)
        described = self.words("export.seda.unit", verdict=verdict, organisation=evidence.plan.organisation.name)
        _add(content, "Description", described)
        _add(content, "DocumentType", self.words("report.kind"))
        _add(content, "Language", evidence.language)
        _add(content, "DescriptionLanguage", language)
        for tag in (drill.system, drill.kind, drill.id, evidence.judgement.verdict):
            _add(content, "Tag", tag)
        _add(content, "StartDate", evidence.journal.started_at.isoformat())
        _add(content, "EndDate", evidence.journal.ended_at.isoformat())


def _data_object(package: Element, file: _File) -> None:
    known = format_of(file.name)
    group = _add(package, "DataObjectGroup", id=f"{file.identifier}-group")
    binary = _add(group, "BinaryDataObject", id=file.identifier)
    _add(binary, "DataObjectVersion", "BinaryMaster_1")
    _add(binary, "Uri", file.place)
    _add(binary, "MessageDigest", sha256(file.content), algorithm=_DIGEST)
    _add(binary, "Size", str(len(file.content)))
    identification = _add(binary, "FormatIdentification")
    _add(identification, "FormatLitteral", known.name)
    _add(identification, "MimeType", known.media_type)
    if known.pronom:
        _add(identification, "FormatId", known.pronom)
    _add(_add(binary, "FileInfo"), "Filename", file.name)


def _add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    child = SubElement(parent, name, attributes)
    child.text = None if text is None else xml_text(text)
    return child


def _described_by(name: str) -> str:
    """The key of the sentence that says what a file of a run is."""
    if name.startswith(SERIES_FOLDER):
        return "export.seda.file.series"
    return f"export.seda.file.{_DESCRIBED.get(name, 'other')}"
