"""Renews the time-stamps of sealed runs before they age: no key is needed for that, only who tells the time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography.x509 import Certificate

from orchestrator.app.authorities import open_authority
from orchestrator.app.trust import anchors, between
from orchestrator.errors import EvidenceError, UsageError
from orchestrator.project import PROJECT_FILE, Project
from orchestrator.store import RunDirectory
from reports.completion import Completed, Vouchers, renew
from reports.evidence import parse_evidence
from reports.keys import fingerprint, load_certificates
from reports.layout import ATTESTATION, EVIDENCE, REPORT_PDF, read_directory
from reports.pades import read_seal
from reports.seal import write_evidence
from reports.signing.paths import is_authority, is_issued_by


def open_vouchers(project: Project) -> Vouchers:
    """Who is asked when evidence is renewed. No key is needed for that.

    Raises:
        UsageError: The project names no time-stamp authority.
    """
    authority = open_authority(project)
    if authority is None:
        raise UsageError(f"{PROJECT_FILE}: signing: timestamp: is not set", hint="see docs/how-to/signing.md")
    certificate, *chain = load_certificates(project.certificate)
    return Vouchers(authority=authority, certificate=certificate, chain=between(chain), roots=anchors(project))


def sealed_with(files: Mapping[str, bytes], *, vouchers: Vouchers) -> Vouchers:
    """The same vouchers, about the certificate that sealed a run: the project's own, or an earlier one.

    An earlier one lies in `trust/`, or is inside the report's seal and was issued by somebody whose certificate does.

    Raises:
        EvidenceError: It is not trusted here any more.
    """
    named = parse_evidence(files[EVIDENCE]).signature.certificate_sha256
    if named == fingerprint(vouchers.certificate):
        return vouchers
    inside = read_seal(files[REPORT_PDF]).certificates
    earlier = next((one for one in (*vouchers.roots, *inside) if fingerprint(one) == named), None)
    if earlier is None or not (earlier in vouchers.roots or _is_issued(earlier, inside, vouchers=vouchers)):
        hint = "put the certificate that sealed it back into trust/, if you trust it still"
        raise EvidenceError(f"it was sealed with a certificate that is not trusted here: {named}", hint=hint)
    chain = tuple(one for one in inside if one != earlier)
    return replace(vouchers, certificate=earlier, chain=chain)


def renew_run(run: RunDirectory, *, vouchers: Vouchers, now: datetime, force: bool) -> Completed:
    """Add an archive time-stamp to a sealed run where it needs one, and pack its bundle again.

    Raises:
        EvidenceError: The run is not sealed, or not with a certificate that is trusted, or is not as it was sealed.
    """
    files = read_directory(run.path)
    if ATTESTATION not in files:
        raise EvidenceError(f"{run.path.name}: it is not sealed", hint="`reprise seal` does it")
    about = sealed_with(files, vouchers=vouchers)
    completed = renew(files, vouchers=about, now=now, force=force)
    if completed.files:
        write_evidence(run.path, files=files, added=completed.files, certificate=about.certificate)
    return completed


def _is_issued(certificate: Certificate, others: Sequence[Certificate], *, vouchers: Vouchers) -> bool:
    """Whether a path of right signatures leads from a certificate to one of `trust/`. When it was valid is not asked.

    Whether it was revoked, and when, is asked by who verifies: here it is only a matter of whose run this is.
    """
    issuers = [one for one in vouchers.roots if is_authority(one)]
    for _ in range(len(others) + 1):
        issuers += [one for one in others if one not in issuers and is_authority(one) and is_issued_by(one, issuers)]
    return is_issued_by(certificate, issuers)
