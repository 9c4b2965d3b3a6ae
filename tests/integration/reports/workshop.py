"""Seals one small PDF, without a drill, and judges its seal exactly as `verify` judges that of a report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography.x509 import Certificate

from reports.assessment import Assessment, Trust
from reports.authorship import check_authorship
from reports.claims import claims_of
from reports.evidence import Evidence
from reports.layout import ARCHIVED, REPORT_PDF
from reports.pades import check_seal
from reports.pdf import draw_pdf, seal_pdf
from reports.signers import load_signer
from reports.signing.archive import add_archive_stamp, sealed_part
from reports.signing.asking import Asking
from reports.signing.authority import Authority, Stamper
from reports.signing.sealer import Prepared, Sealer, prepare
from reports.signing.timestamps import offline
from reports.verification import Check, CheckCode, Status
from tests.integration.reports.pki import Pki


@cache
def drawn() -> bytes:
    """A PDF/A-3 of one line."""
    page = "<html lang='fr'><head><title>Essai</title></head><body><p>Essai</p></body></html>"
    return draw_pdf(page, attachments={"a.txt": b"a"}, identifier="x", moment=datetime(2026, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The PKI, and the evidence of some run."""

    pki: Pki
    evidence: Evidence
    directory: Path

    @property
    def seal_roots(self) -> tuple[Certificate, ...]:
        """Who issues good seals."""
        return (self.pki.certificate("seals", "root"),)

    @property
    def time_roots(self) -> tuple[Certificate, ...]:
        """Who issues the certificates of the independent authority."""
        return (self.pki.certificate("time", "root"),)

    @property
    def trust(self) -> Trust:
        """A verifier who knows both roots."""
        return Trust(certificates=self.seal_roots, authorities=self.time_roots, without_register=True)

    def authority(self, arch: str = "time", label: str = "tsa", *, roots: str | None = None) -> Authority:
        """An authority, trusted through the root of its own architecture or of another one."""
        root = self.pki.certificate(roots or arch, "root")
        return Authority(url=self.pki.tsa(arch, label), roots=(root,), timeout_s=60)

    def sealer(self, label: str, *, authority: Authority | None = None) -> Sealer:
        """An issued seal, and who tells it the time."""
        certificate, *chain = self.pki.chain(label, self.directory)
        return Sealer(
            signer=load_signer(f"file:{self.pki.key('seals', label)}"),
            certificate=certificate,
            chain=tuple(chain),
            roots=self.seal_roots,
            authority=authority or self.authority(),
        )

    def timeless(self, label: str) -> Sealer:
        """The same, with nobody who tells the time."""
        return replace(self.sealer(label), authority=None)

    def seal(self, sealer: Sealer) -> tuple[bytes, Prepared]:
        """A sealed PDF, and what was said of it before."""
        prepared = prepare(sealer)
        stamper = None
        if sealer.authority is not None and prepared.sample is not None:
            stamper = Stamper(sealer.authority, find=prepared.finder, sample=prepared.sample.token)
        sealed = seal_pdf(
            drawn(),
            signer=sealer.signer,
            certificate=sealer.certificate,
            chain=sealer.chain,
            reason="essai",
            stamper=stamper,
            revocation=prepared.stored,
        )
        return sealed, prepared

    def archive(self, pdf: bytes, sealer: Sealer, *, authority: Authority | None = None) -> bytes:
        """One archive time-stamp more."""
        asking = Asking(authority or self.authority())
        sample = asking.about_time()
        asking.about_seal(sealer.certificate, chain=sealer.chain, roots=sealer.roots)
        known = asking.answers()
        find = offline(roots=sample.path[-1:], revocation=known)
        stamper = Stamper(authority or self.authority(), find=find, sample=sample.token)
        return add_archive_stamp(pdf, stamper=stamper, revocation=known)

    def judge(self, pdf: bytes, prepared: Prepared, *, trust: Trust | None = None) -> Sequence[Check]:
        """Every answer about a PDF's seal."""
        evidence = self.evidence.model_copy(update={"signature": prepared.statement})
        sealed = sealed_part(pdf)
        files = {REPORT_PDF: sealed} | ({ARCHIVED: pdf} if len(sealed) < len(pdf) else {})
        found = Assessment(files=files, claims=claims_of(evidence), trust=trust or self.trust)
        seal = check_seal(
            sealed,
            certificates=[found.certificate] if found.certificate else [],
            moment=found.pdf_moment or evidence.journal.ended_at,
            chain=found.chain,
            stamp=found.pdf_stamp,
        )
        return [*check_authorship(found), *seal]

    def holds(self, pdf: bytes, prepared: Prepared, *, trust: Trust | None = None) -> bool:
        """Whether nothing is wrong with it, and it is sealed by somebody who is trusted."""
        checks = self.judge(pdf, prepared, trust=trust)
        sealed = any(check.code is CheckCode.PDF_SIGNATURE and check.status is Status.OK for check in checks)
        return sealed and not any(check.status is Status.FAILED for check in checks)


def faults(checks: Sequence[Check]) -> str:
    """What is wrong, in one text."""
    return "\n".join(
        f"{check.code} {check.subject} {check.detail}" for check in checks if check.status is Status.FAILED
    )


def answer(checks: Sequence[Check], code: CheckCode) -> Check:
    """The first answer to a question."""
    return next(check for check in checks if check.code is code)
