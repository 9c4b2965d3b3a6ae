"""What a verification found: checks, each ok, failed or not comparable here, and whether all that must hold does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.core.model import Language, Verdict
from orchestrator.errors import EvidenceError
from reports.signing.worth import Level
from reports.words import load_words


class Kind(StrEnum):
    """What was given to verify."""

    PDF = "pdf"
    DIRECTORY = "directory"
    BUNDLE = "bundle"
    ATTESTATION = "attestation"
    DOSSIER = "dossier"
    """The archive of an audit file."""
    DOSSIER_PDF = "dossier-pdf"
    """The PDF of an audit file, alone."""


class CheckCode(StrEnum):
    """The questions of a verification. Each has its words in both languages."""

    READABLE = "readable"
    ATTESTATION_SIGNATURE = "attestation-signature"
    FILE_DIGEST = "file-digest"
    FILE_UNBOUND = "file-unbound"
    STATEMENT = "statement"
    CERTIFICATE = "certificate"
    TIMESTAMP = "timestamp"
    ARCHIVE = "archive"
    LEVEL = "level"
    PDF_SIGNATURE = "pdf-signature"
    PDF_WHOLE = "pdf-whole"
    PDF_ATTACHMENTS = "pdf-attachments"
    PDF_REDRAWN = "pdf-redrawn"
    HTML_RENDERED = "html-rendered"
    CHAIN = "chain"
    JOURNAL_BOUND = "journal-bound"
    MEASUREMENTS = "measurements"
    VERDICT = "verdict"
    EVIDENCE = "evidence"
    SCAN = "scan"
    PEOPLE = "people"
    REGISTER = "register"
    REGISTER_CHAIN = "register-chain"
    REGISTER_ROOT = "register-root"
    REGISTER_SIGNATURE = "register-signature"
    REPORTS = "reports"
    DOSSIER = "dossier"


class Status(StrEnum):
    """How a check ended. `NOTED`: it cannot be decided here, and the report says why; it is neither proof nor fault."""

    OK = "ok"
    FAILED = "failed"
    NOTED = "noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One answer: what was asked, about which file, and what is wrong."""

    code: CheckCode
    subject: str
    status: Status
    detail: str = ""

    def within(self, language: Language) -> str:
        """The question in words."""
        return load_words(language)(f"verification.{self.code}")


_SIGNED_PDF = {CheckCode.READABLE, CheckCode.CERTIFICATE, CheckCode.PDF_SIGNATURE, CheckCode.PDF_WHOLE}
_ATTESTED = {
    CheckCode.ATTESTATION_SIGNATURE,
    CheckCode.FILE_DIGEST,
    CheckCode.STATEMENT,
    CheckCode.PDF_ATTACHMENTS,
}
_OF_A_RUN = {
    *_SIGNED_PDF,
    CheckCode.CHAIN,
    CheckCode.JOURNAL_BOUND,
    CheckCode.MEASUREMENTS,
    CheckCode.VERDICT,
    CheckCode.EVIDENCE,
    CheckCode.SCAN,
}
_OF_A_DOSSIER = {CheckCode.REGISTER_CHAIN, CheckCode.REPORTS, CheckCode.DOSSIER, CheckCode.SCAN}
_NEEDED = {
    Kind.PDF: _OF_A_RUN,
    Kind.DIRECTORY: _OF_A_RUN | _ATTESTED,
    Kind.BUNDLE: _OF_A_RUN | _ATTESTED,
    Kind.ATTESTATION: _OF_A_RUN | _ATTESTED,
    Kind.DOSSIER: _SIGNED_PDF | _ATTESTED | _OF_A_DOSSIER,
    Kind.DOSSIER_PDF: _SIGNED_PDF | {CheckCode.PDF_ATTACHMENTS},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """Everything that was asked and answered about one file or directory."""

    kind: Kind
    name: str
    run_id: str | None
    verdict: Verdict | None
    """What the evidence claims. Worth something only where `valid`."""
    signer: str | None
    """The name on the trusted certificate that the signatures were verified with."""
    checks: tuple[Check, ...]
    level: Level = 1
    """What the signatures are worth (1 to 3), found out from certificates and time-stamps."""
    proved_at: datetime | None = None
    """The earliest instant at which an authority saw the seal. None: nobody outside did."""

    @property
    def valid(self) -> bool:
        """Whether nothing failed and nothing that must be asked went unasked."""
        passed = {check.code for check in self.checks if check.status is Status.OK}
        return _NEEDED[self.kind] <= passed and not self.failures

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status is Status.FAILED)


def passed(code: CheckCode, subject: str, detail: str = "") -> Check:
    """A check that holds."""
    return Check(code=code, subject=subject, status=Status.OK, detail=detail)


def failed(code: CheckCode, subject: str, detail: str) -> Check:
    """A check that does not hold, and why."""
    return Check(code=code, subject=subject, status=Status.FAILED, detail=detail)


def noted(code: CheckCode, subject: str, detail: str) -> Check:
    """A check that cannot be decided here, and why."""
    return Check(code=code, subject=subject, status=Status.NOTED, detail=detail)


def compared(code: CheckCode, subject: str, *, same: bool, otherwise: str) -> Check:
    """A check that is a comparison."""
    return passed(code, subject) if same else failed(code, subject, otherwise)


def attempted(code: CheckCode, subject: str, ask: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Ask, and take an error of ours for the answer no."""
    try:
        yield from ask()
    except EvidenceError as error:
        yield failed(code, subject, str(error))
