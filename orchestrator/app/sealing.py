"""Seals a run with the project's key, and finds the certificates that a verifier trusts."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.app.authorities import open_authority
from orchestrator.app.choices import chosen_catalogue, own_rules
from orchestrator.app.register import open_register
from orchestrator.app.trust import anchors, between, certificates_in
from orchestrator.core.canonical import sha256
from orchestrator.core.events import RunFinished
from orchestrator.core.model import Language
from orchestrator.core.ports import Clock
from orchestrator.errors import EvidenceError, UsageError
from orchestrator.project import Project
from orchestrator.store import RunDirectory
from reports.catalogue import Catalogue
from reports.envelope import parse_attestation
from reports.keys import fingerprint, init_keys, load_certificates
from reports.layout import read_directory, sources
from reports.materials import Materials, read_materials
from reports.register.entries import RunSealed
from reports.register.log import RegisterLog
from reports.register.of_run import check_end, end, late_beginning
from reports.register.proof import RunProof
from reports.scan import OwnRules
from reports.seal import Sealed
from reports.seal import seal as make_evidence
from reports.signers import load_signer
from reports.signing.sealer import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a project seals with, ready to sign."""

    sealer: Sealer
    language: Language
    own: OwnRules
    catalogue: Catalogue
    register: RegisterLog


def open_seal(project: Project, *, clock: Clock) -> Seal:
    """Load what sealing needs, the register too: before a drill, so that none ends that cannot be entered and sealed.

    Raises:
        EvidenceError: There is no usable key or certificate, or the register is not what was signed.
        LockedError: Others kept the register to themselves for too long.
        StoreError: The register cannot be written.
        DefinitionError: A file that `reprise.yml` names for the scan or the catalogue cannot be meant.
    """
    return Seal(
        sealer=open_sealer(project),
        language=project.definition.language,
        own=own_rules(project),
        catalogue=chosen_catalogue(project),
        register=open_register(project, clock=clock),
    )


def open_sealer(project: Project) -> Sealer:
    """Load the signing key with its certificates, and who tells the time.

    Raises:
        EvidenceError: There is no usable key or certificate.
    """
    certificate, *chain = load_certificates(project.certificate)
    return Sealer(
        signer=load_signer(project.key_uri, secrets=project.secrets),
        certificate=certificate,
        chain=between(chain),
        roots=anchors(project),
        authority=open_authority(project),
        qualified=certificates_in(project.qualified),
    )


def seal_run(run: RunDirectory, *, seal: Seal, language: Language | None, materials: Materials | None = None) -> Sealed:
    """Enter how a run ended, then make and sign its evidence, then enter that it is sealed.

    Args:
        run: A run that has ended.
        seal: What the project seals with.
        language: Of the reports. None: the project's.
        materials: What `read_run` said of this run, by whom it was read already: it is read and computed once.

    Raises:
        EvidenceError: Another end was entered, or it cannot be sealed.
        UsageError: The run has not ended.
    """
    materials = materials or read_run(run)
    proof = _entered(materials, register=seal.register)
    sealed = make_evidence(
        run.path,
        sealer=seal.sealer,
        language=language or seal.language,
        own=seal.own,
        catalogue=seal.catalogue,
        registration=proof,
        materials=materials,
    )
    _enter_seal(run.path.name, sealed, register=seal.register)
    with suppress(EvidenceError):  # The authority is away: the checkpoints stay pending, and are shown as such.
        seal.register.stamp_pending()
    return sealed


def _entered(materials: Materials, *, register: RegisterLog) -> RunProof:
    """The proof of a run's beginning and end; what is not entered yet of them is entered now, and dated now.

    Raises:
        EvidenceError: Another end was entered.
        UsageError: The run has not ended.
    """
    run_id = materials.plan.run_id
    if not isinstance(materials.entries[-1].event, RunFinished):
        hint = "`reprise recover` cleans its targets up and seals it"
        raise UsageError(f"{run_id}: it was interrupted, or is still under way", hint=hint)
    known = {entry.event.type for entry in register.of_run(run_id)}
    missing = [late_beginning(materials)] if "drill_started" not in known else []
    register.append([*missing, *([end(materials)] if "drill_ended" not in known else [])])
    proof = register.prove_run(run_id)
    check_end(proof, materials=materials)
    return proof


def _enter_seal(run_id: str, sealed: Sealed, *, register: RegisterLog) -> None:
    if any(entry.event.type == "run_sealed" for entry in register.of_run(run_id)):
        return
    # Of the statement, not of the file: that may get a time-stamp later.
    statement = parse_attestation(sealed.attestation.read_bytes()).payload
    register.append([RunSealed(run_id=run_id, attestation_sha256=sha256(statement))])


def read_run(run: RunDirectory) -> Materials:
    """What a run left on disk, from which it is measured and judged.

    Raises:
        EvidenceError: Something is missing or altered.
    """
    return read_materials(sources(read_directory(run.path)))


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
