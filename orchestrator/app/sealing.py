"""Seals a run with the project's key, and finds the certificates that a verifier trusts."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.x509 import Certificate

from orchestrator.core.model import Language
from orchestrator.core.ports import Clock
from orchestrator.core.results import Judgement, Measurements
from orchestrator.errors import UsageError
from orchestrator.project import PROJECT_FILE, Project, load_project
from orchestrator.store import RunDirectory
from reports.keys import fingerprint, init_keys, load_certificates
from reports.layout import read_directory, sources
from reports.materials import read_materials
from reports.seal import Sealed
from reports.seal import seal as make_evidence
from reports.signers import load_signer
from reports.signing.sealer import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a project seals with, ready to sign."""

    sealer: Sealer
    language: Language


def open_seal(project: Project) -> Seal:
    """Load the signing key: before a drill, so that a run is not found unsealable when it is over.

    Raises:
        EvidenceError: There is no usable key or certificate.
    """
    return Seal(sealer=_sealer(project), language=project.definition.language)


def _sealer(project: Project) -> Sealer:
    certificate, *chain = load_certificates(project.certificate)
    return Sealer(signer=load_signer(project.key_uri), certificate=certificate, chain=tuple(chain))


def seal_run(run: RunDirectory, *, seal: Seal, language: Language | None) -> Sealed:
    """Make and sign the evidence of a run that has ended."""
    return make_evidence(run.path, sealer=seal.sealer, language=language or seal.language)


def compute(run: RunDirectory) -> tuple[Measurements, Judgement]:
    """Measure and judge a run from what is on disk."""
    return read_materials(sources(read_directory(run.path))).compute()


def make_keys(project: Project, *, clock: Clock, if_missing: bool) -> tuple[str, ...]:
    """Make the project's key and certificate, and say what a person must know of them.

    Raises:
        UsageError: There is a key already, and `if_missing` was not said.
    """
    if not project.key_uri.startswith("file:"):
        raise UsageError(f"signing: key: {project.key_uri} is no file", hint="make the key where it is kept")
    key = Path(project.key_uri.removeprefix("file:"))
    if if_missing and key.exists() and project.certificate.exists():
        return (f"key       {key} (was there already)",)
    organisation = project.definition.organisation.name
    made = init_keys(key=key, certificate=project.certificate, organisation=organisation, now=clock.now())
    return (
        f"key       {key} (keep it secret; nothing else can sign in your name)",
        f"certificate {project.certificate} (give it to those who verify, by a way that they trust)",
        f"SHA-256   {fingerprint(made)}",
    )


def trusted_certificates(given: tuple[Path, ...], *, project: Path) -> tuple[Certificate, ...]:
    """The certificates named by the verifier, or those of the project in whose directory he stands; else none."""
    places = given or ((load_project(project).trust,) if (project / PROJECT_FILE).exists() else ())
    return tuple(certificate for place in places for certificate in load_certificates(place))
