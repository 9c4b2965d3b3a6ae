"""Adds time-stamps to a dossier: the one that could not be had when it was sealed, and new ones before the newest ages.

What was sealed stays as it is. The PDF gets an archived copy beside it, the attestation a time-stamp in its unsigned
part or, where it has one, a renewal beside it; the archive holds all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cryptography.x509 import Certificate

from orchestrator.core.canonical import sha256
from orchestrator.durable import fill_durably, write_durably
from orchestrator.errors import EvidenceError
from reports.completion import Completed, complete, is_incomplete, renew
from reports.dossier.document import Dossier, parse_dossier
from reports.dossier.layout import (
    DOSSIER_ARCHIVED,
    DOSSIER_JSON,
    DOSSIER_PDF,
    DOSSIER_ZIP,
    SEALED,
    Archive,
    open_archive,
)
from reports.dossier.seal import SealedDossier, claims_of
from reports.envelope import parse_attestation
from reports.layout import ATTESTATION, pack_into
from reports.signing.sealer import Sealer
from reports.vouchers import Vouchers, vouchers_about


def read_incomplete(directory: Path) -> Dossier | None:
    """The dossier that lies in a directory, where it still awaits its time-stamp; None where there is no such.

    Raises:
        EvidenceError: Its archive cannot be read, or is not as it was made.
    """
    if not (directory / DOSSIER_ZIP).is_file():
        return None
    with open_archive(directory / DOSSIER_ZIP) as archive:
        dossier = parse_dossier(archive.read(DOSSIER_JSON))
        missing = is_incomplete(_sealed(archive), claims=claims_of(dossier))
    beside = (directory / DOSSIER_ARCHIVED).is_file()
    return dossier if missing or (dossier.signature.awaited and not beside) else None


def complete_dossier(directory: Path, *, sealer: Sealer) -> SealedDossier:
    """Ask for the time-stamp again, and add it; where the authority is still away, change nothing and say so.

    Args:
        directory: Where `dossier.zip` and `dossier.pdf` are.
        sealer: The one that sealed it, and who tells the time.

    Raises:
        EvidenceError: The archive is not what this key signed.
        StoreError: The directory cannot be written.
    """
    with open_archive(directory / DOSSIER_ZIP) as archive:
        dossier = parse_dossier(archive.read(DOSSIER_JSON))
        check_bound(archive, certificates=[sealer.certificate])
        completed = _complete(_sealed(archive), dossier=dossier, sealer=sealer)
        _write(directory, archive, added=completed.files)
    return SealedDossier(
        dossier=dossier, pdf=directory / DOSSIER_PDF, archive=directory / DOSSIER_ZIP, awaited=completed.away
    )


def renew_dossier(directory: Path, *, vouchers: Vouchers, now: datetime, force: bool) -> Completed:
    """Add an archive time-stamp to a dossier where it needs one, and pack its archive again.

    Args:
        directory: Where `dossier.zip` is.
        vouchers: Who is asked, about the certificate of now; the dossier may be sealed with an earlier one.
        now: The wall clock, in UTC.
        force: Whether to add one in any case.

    Raises:
        EvidenceError: The archive is not as it was sealed, or not with a certificate that is trusted.
        StoreError: The directory cannot be written.
    """
    with open_archive(directory / DOSSIER_ZIP) as archive:
        claims = claims_of(parse_dossier(archive.read(DOSSIER_JSON)))
        named = claims.signature.certificate_sha256
        about = vouchers_about(named, pdf=archive.read(DOSSIER_PDF), vouchers=vouchers)
        check_bound(archive, certificates=[about.certificate])
        completed = renew(_sealed(archive), claims=claims, vouchers=about, now=now, force=force)
        _write(directory, archive, added=completed.files)
    return completed


def _complete(sealed: Mapping[str, bytes], *, dossier: Dossier, sealer: Sealer) -> Completed:
    if sealer.authority is None:
        return Completed(files={}, away="no authority is set now")
    vouchers = Vouchers(
        authority=sealer.authority, certificate=sealer.certificate, chain=sealer.chain, roots=sealer.roots
    )
    return complete(sealed, claims=claims_of(dossier), vouchers=vouchers)


def _sealed(archive: Archive) -> dict[str, bytes]:
    return {name: archive.read(name) for name in SEALED if name in archive.names}


def _write(directory: Path, archive: Archive, *, added: Mapping[str, bytes]) -> None:
    """The archive first; the document beside it even where nothing is new: the machine may have stopped in between."""
    if added:
        fill_durably(directory / DOSSIER_ZIP, lambda file: pack_into(file, _members(archive, added)))
    archived, beside = {**_sealed(archive), **added}.get(DOSSIER_ARCHIVED), directory / DOSSIER_ARCHIVED
    if archived is not None and not (beside.is_file() and beside.read_bytes() == archived):
        write_durably(beside, archived)


def _members(archive: Archive, added: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name in sorted({*archive.names, *added}):
        yield name, added[name] if name in added else archive.read(name)


def check_bound(archive: Archive, *, certificates: Sequence[Certificate]) -> None:
    """Make sure that an archive is what one of these keys signed: a time-stamp is asked for nothing else.

    Raises:
        EvidenceError: It is not.
    """
    attestation = parse_attestation(archive.read(ATTESTATION))
    if attestation.signed_by(certificates) is None:
        hint = "use the key that sealed the dossier, or make another dossier with --out"
        raise EvidenceError(f"{ATTESTATION}: it was not signed with this key", hint=hint)
    for subject in attestation.statement.subject:
        if sha256(archive.read(subject.name)) != subject.digest.sha256:
            raise EvidenceError(f"{subject.name}: it is not the file that was sealed")
