"""The register of a project: opened for writing, read, verified, witnessed."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from orchestrator.app.authorities import stamper
from orchestrator.core.ports import Clock
from orchestrator.errors import EvidenceError, UsageError
from orchestrator.project import PROJECT_FILE, Project
from reports.register.audit import audit_register
from reports.register.chain import Chain
from reports.register.checkpoint import Checkpoint, origin_of
from reports.register.directory import RegisterDirectory, split_lines, whole_lines
from reports.register.entries import RegisterEntry
from reports.register.findings import Audit
from reports.register.keys import check_register_pair, init_register_key, load_public_keys, load_register_signer
from reports.register.log import RegisterLog
from reports.register.note import SignatureType, VerifierKey, parse_verifier_key
from reports.register.proof import RunProof, check_run_proof
from reports.register.view import RegisterView, read_register
from reports.register.witness import Submission, Witness, build_submission, parse_submission


def make_register_key(project: Project, *, if_missing: bool) -> tuple[str, ...]:
    """Make the key of the project's register, and say what a person must know of it.

    Raises:
        UsageError: There is a key already, and `if_missing` was not said.
        EvidenceError: The key that is there cannot be used.
    """
    if not (if_missing and project.register_public_key.exists()):
        init_register_key(key=project.register_key, public=project.register_public_key)
    key = load_public_keys(project.register_public_key)[0]
    return (
        f"register  {project.register_public_key} (give it to those who verify, by a way that they trust)",
        f"          {VerifierKey(origin_of(project.definition.name), key)}",
    )


def open_register(project: Project, *, clock: Clock) -> RegisterLog:
    """Open the project's register for writing: before a drill, so that nothing is done that cannot be entered.

    Each of its checkpoints is time-stamped, where the project names an authority.

    Raises:
        EvidenceError: There is no usable key, or the register is not what was signed.
        LockedError: Others kept it to themselves for too long.
        StoreError: It cannot be written.
    """
    signer, keys = load_register_signer(project.register_key), load_public_keys(project.register_public_key)
    check_register_pair(signer, keys)
    origin = origin_of(project.definition.name)
    stamp = stamper(project)
    return RegisterLog(project.register, origin=origin, signer=signer, clock=clock, keys=keys, stamp=stamp)


def stamp_register(project: Project, *, clock: Clock) -> int:
    """Time-stamp every checkpoint that bears none yet, and say how many there were.

    Raises:
        UsageError: The project names no authority.
        EvidenceError: The authority does not answer as it should, or there is no usable register.
        StoreError: It cannot be written.
    """
    if project.definition.signing.timestamp is None:
        raise UsageError(f"{PROJECT_FILE}: signing: timestamp: is not set", hint="see docs/how-to/signing.md")
    return open_register(project, clock=clock).stamp_pending()


def view_register(project: Project) -> RegisterView:
    """Read the project's register, without its private key.

    Raises:
        EvidenceError: There is none, or it is not what was signed.
    """
    keys = load_public_keys(project.register_public_key)
    return read_register(project.register, keys=keys, origin=origin_of(project.definition.name))


def is_register(path: Path) -> bool:
    """Whether a directory is that of a register: what is in it is another question."""
    directory = RegisterDirectory(path)
    return path.is_dir() and (directory.log.exists() or directory.checkpoint.exists())


def read_entries(project: Project) -> tuple[RegisterEntry, ...] | None:
    """Every entry in its order, numbered and chained, or None where the project keeps no register.

    Who signed them and whether the log was cut is `verify_register`'s question, not asked here.

    Raises:
        EvidenceError: A line cannot be read, or does not follow from the one before.
    """
    directory = RegisterDirectory(project.register)
    if not directory.log.exists():
        return None
    chain = Chain()
    chain.take(split_lines(whole_lines(directory.read(directory.log))))
    chain.check(0)
    return chain.entries(chain.size)


def verify_register(
    path: Path,
    *,
    keys: Sequence[VerifierKey | Ed25519PublicKey],
    since: Sequence[Path] = (),
    witnesses: Sequence[VerifierKey] = (),
    authorities: Sequence[Certificate] = (),
    origin: str | None = None,
) -> Audit:
    """Verify a register with keys as they are handed out: of a PEM file, or with the register's name (`name+id+key`).

    Raises:
        UsageError: The keys are those of different registers.
        EvidenceError: A file of `since` cannot be read.
    """
    names = {key.name for key in keys if isinstance(key, VerifierKey)} | ({origin} if origin else set())
    if len(names) > 1:
        raise UsageError(f"these are the keys of different registers: {', '.join(sorted(names))}")
    plain = [key.key if isinstance(key, VerifierKey) else key for key in keys]
    name = next(iter(names), None)
    return audit_register(path, keys=plain, since=since, witnesses=witnesses, authorities=authorities, origin=name)


def read_keys(file: Path) -> tuple[VerifierKey | Ed25519PublicKey, ...]:
    """The register keys in a file: PEM, or one `name+id+key` on each line.

    Raises:
        EvidenceError: There is none.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{file}: no key can be read", hint="give the register's public key (PEM)") from error
    if "-----BEGIN" in text or not text.strip():
        return load_public_keys(file)
    keys = tuple(_named(line, file=file) for line in text.split("\n") if line)
    if any(key.type is not SignatureType.ED25519 for key in keys):
        raise EvidenceError(f"{file}: it holds the key of a witness, where that of a register is asked for")
    return keys


def verify_proof(
    content: bytes, *, keys: Sequence[VerifierKey | Ed25519PublicKey]
) -> tuple[Checkpoint, tuple[RegisterEntry, ...]]:
    """Verify a proof that `reprise register prove` made: what it is under, and the entries that it shows.

    Raises:
        EvidenceError: It is no proof, or proves nothing.
    """
    plain = [key.key if isinstance(key, VerifierKey) else key for key in keys]
    try:
        proof = RunProof.model_validate_json(content)
    except ValueError as error:
        raise EvidenceError("it is not a proof of a run", hint="`reprise register prove RUN` makes one") from error
    run_id = getattr(proof.started.entry.event, "run_id", "")
    return check_run_proof(proof, keys=plain, run_id=run_id), (proof.started.entry, proof.ended.entry)


def submit(project: Project, *, earlier: int) -> Submission:
    """What a witness is sent who saw `earlier` entries.

    Raises:
        EvidenceError: There is no register, or it has fewer entries.
    """
    return build_submission(view_register(project), earlier=earlier)


def read_submission(path: Path, *, witness: Witness) -> Submission:
    """What a witness is asked to sign: a file that was made for him, or a copy of the register itself.

    Raises:
        EvidenceError: It is neither, or the copy is not what was signed.
    """
    if not path.is_dir():
        return parse_submission(path.read_bytes())
    view = read_register(path, keys=witness.keys)
    seen = witness.seen(view.checkpoint.checkpoint.origin)
    # Where the copy is shorter than what was seen there is nothing to prove; the witness says so himself.
    earlier = min(seen.size, view.checkpoint.size) if seen else 0
    return build_submission(view, earlier=earlier)


def _named(line: str, *, file: Path) -> VerifierKey:
    try:
        return parse_verifier_key(line)
    except EvidenceError as error:
        raise EvidenceError(f"{file}: {error}", hint=error.hint) from error
