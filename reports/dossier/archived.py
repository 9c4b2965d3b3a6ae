"""Which runs a sealed audit file holds: what may be removed elsewhere, because it is there."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.x509 import Certificate

from orchestrator.core.canonical import sha256
from orchestrator.core.model import SHA256
from orchestrator.errors import EvidenceError
from reports.dossier.complete import check_bound
from reports.dossier.document import parse_dossier
from reports.dossier.layout import BUNDLES_FOLDER, DOSSIER_JSON, DOSSIER_ZIP, open_archive
from reports.envelope import parse_attestation
from reports.layout import ATTESTATION, read_bundle


def archived_runs(directory: Path, *, certificates: Sequence[Certificate]) -> dict[str, SHA256]:
    """The runs whose bundles are in an audit file, each with the digest of its attestation's statement.

    Of the statement, and not of the bundle: a bundle that was renewed since is of the same evidence.

    Args:
        directory: Where `dossier.zip` is.
        certificates: Whose seals are believed.

    Raises:
        EvidenceError: It is not an audit file as it was sealed, or not with the key of one of these certificates.
    """
    with open_archive(directory / DOSSIER_ZIP) as archive:
        parse_dossier(archive.read(DOSSIER_JSON))
        check_bound(archive, certificates=certificates)
        names = [name for name in archive.names if name.startswith(BUNDLES_FOLDER)]
        return {_run_of(name): _statement(archive.read(name)) for name in names}


def _statement(bundle: bytes) -> SHA256:
    files = read_bundle(bundle)
    if ATTESTATION not in files:
        raise EvidenceError("a bundle of the audit file has no attestation")
    return sha256(parse_attestation(files[ATTESTATION]).payload)


def _run_of(name: str) -> str:
    return name.removeprefix(BUNDLES_FOLDER).removesuffix(".zip")
