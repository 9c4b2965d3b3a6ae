"""The commands about the register: show, checkpoint, stamp, prove, verify, publish, witness, cosigned."""

from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.adapters.system import SystemClock
from orchestrator.app.publishing import publish_checkpoint
from orchestrator.app.register import (
    read_keys,
    read_submission,
    stamp_register,
    submit,
    verify_proof,
    verify_register,
    view_register,
)
from orchestrator.app.runs import find_run
from orchestrator.app.trust import trusted_authorities
from orchestrator.cli.options import authority_option, echo_json, json_option, project_option
from orchestrator.cli.register_words import audit_document, entry_subject, entry_words, print_audit
from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError, ExitCode, RepriseError, UsageError
from orchestrator.project import PROJECT_FILE, Project, load_project
from reports.register.account import open_runs
from reports.register.checkpoint import origin_of
from reports.register.keys import load_public_keys, load_register_signer
from reports.register.note import VerifierKey, parse_verifier_key
from reports.register.witness import Witness, keep_cosigned

file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group()
def register() -> None:
    """The register: what was planned, begun, ended, missed, waived. Nothing can be left out of it unseen."""


@register.command()
@project_option
@json_option
def show(project: Path, as_json: bool) -> None:
    """List what was entered, oldest first, and the runs that were begun and have no end."""
    loaded = load_project(project)
    view = view_register(loaded)
    entries = view.entries()
    if as_json:
        for entry in entries:
            echo_json(entry)
        return
    for entry in entries:
        click.echo(f"{entry.seq:>6}  {entry.at:%Y-%m-%dT%H:%M:%SZ}  {entry_words(entry)}")
    if loaded.definition.signing.timestamp and (pending := view.pending):
        click.echo(f"pending: {len(pending)} checkpoints bear no time-stamp")
    for entry in open_runs(entries):
        click.echo(f"open: {entry_subject(entry)}, begun in entry {entry.seq}, and nothing says how it ended")


@register.command()
@click.option("--from", "earlier", type=click.IntRange(min=0), help="Prove to a witness who saw this many entries.")
@project_option
def checkpoint(earlier: int | None, project: Path) -> None:
    """Print the newest checkpoint; with --from, what a witness is sent."""
    loaded = load_project(project)
    content = view_register(loaded).checkpoint.content if earlier is None else submit(loaded, earlier=earlier).content
    click.echo(content, nl=False)


@register.command()
@project_option
def stamp(project: Path) -> None:
    """Have every checkpoint time-stamped that bears no time-stamp yet, as when the authority was away."""
    count = stamp_register(load_project(project), clock=SystemClock())
    click.echo(f"time-stamped: {count} checkpoints" if count else "every checkpoint bears a time-stamp already")


@register.command()
@click.argument("name", metavar="RUN", default="latest")
@project_option
def prove(name: str, project: Path) -> None:
    """Print the proof that RUN was begun and ended in the register, as JSON that needs nothing beside it."""
    loaded = load_project(project)
    echo_json(view_register(loaded).prove_run(_run_id(loaded, name)))


@register.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True), required=False)
@click.option(
    "--since",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A checkpoint that you kept: what it speaks for must still be there.",
)
@click.option(
    "--key",
    "key_files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A public key of the register, received from somebody you know (default: that of this project).",
)
@click.option("--witness", "witnesses", multiple=True, help="A witness (name+id+key) whose cosignatures to look for.")
@authority_option
@project_option
@json_option
@click.option("--lang", type=click.Choice([language.value for language in Language]), help="Language of the answers.")
def verify(
    path: Path | None,
    since: tuple[Path, ...],
    key_files: tuple[Path, ...],
    witnesses: tuple[str, ...],
    authorities: tuple[Path, ...],
    project: Path,
    as_json: bool,
    lang: str | None,
) -> int:
    """Check a whole register (PATH: its directory; default: that of this project), or a proof (PATH: its file).

    Works offline. The keys that lie beside a register prove nothing, and are never used.
    """
    if path is not None and path.is_file():
        return _verify_proof(path, keys=_trusted(key_files, project=project)[0], as_json=as_json)
    return verify_register_at(
        path or load_project(project).register,
        key_files=key_files,
        authorities=authorities,
        project=project,
        as_json=as_json,
        since=since,
        witnesses=witnesses,
        language=Language(lang or Language.ENGLISH),
    )


@register.command()
@project_option
def publish(project: Path) -> int:
    """Hand the newest checkpoint to everybody whom reprise.yml names. One who cannot be reached stops nobody else."""
    deliveries = publish_checkpoint(load_project(project), clock=SystemClock())
    for delivery in deliveries:
        if delivery.fault is None:
            click.echo(f"published  {delivery.label}")
        else:
            hint = f" ({delivery.hint})" if delivery.hint else ""
            click.echo(f"FAILED     {delivery.fault}{hint}", err=True)
    return ExitCode.PASSED if all(delivery.fault is None for delivery in deliveries) else ExitCode.FAILED


@register.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--name", required=True, help="Your name as a witness, such as witness.example/audit.")
@click.option(
    "--key", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Your private key."
)
@click.option(
    "--register-key",
    "register_keys",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A public key of a register that you watch, received from those who keep it.",
)
@click.option(
    "--memory", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where you keep what you saw."
)
def witness(path: Path, name: str, key: Path, register_keys: tuple[Path, ...], memory: Path) -> None:
    """Sign a checkpoint too, on a machine of your own, where it continues what you saw before.

    PATH is what `reprise register checkpoint --from` made, or a copy of the register. Prints the cosigned checkpoint.
    """
    keys = [_plain(one) for file in register_keys for one in read_keys(file)]
    you = Witness(name=name, signer=load_register_signer(key), keys=keys, memory=memory, clock=SystemClock())
    click.echo(you.cosign(read_submission(path, witness=you)).content, nl=False)


@register.command()
@file_argument
@project_option
def cosigned(file: Path, project: Path) -> None:
    """Keep the checkpoint that a witness signed (FILE) in the register."""
    loaded = load_project(project)
    keys = load_public_keys(loaded.register_public_key)
    kept = keep_cosigned(view_register(loaded), file.read_bytes(), keys=keys)
    click.echo(f"kept: checkpoint of {kept.size} entries, {len(kept.note.signatures) - 1} cosignatures")


def verify_register_at(
    path: Path,
    *,
    key_files: tuple[Path, ...],
    authorities: tuple[Path, ...],
    project: Path,
    as_json: bool,
    since: tuple[Path, ...] = (),
    witnesses: tuple[str, ...] = (),
    language: Language = Language.ENGLISH,
) -> int:
    """Verify the register in a directory, and print what was found. Returns the exit code."""
    keys, origin = _trusted(key_files, project=project)
    audit = verify_register(
        path,
        keys=keys,
        since=since,
        witnesses=[parse_verifier_key(text) for text in witnesses],
        authorities=trusted_authorities(authorities, project=project),
        origin=origin,
    )
    if as_json:
        echo_json(audit_document(audit))
    else:
        print_audit(audit, language=language)
    return ExitCode.PASSED if audit.valid else ExitCode.EVIDENCE


def _run_id(project: Project, name: str) -> str:
    """The run of this name. One whose directory is gone can still be asked for by its whole name."""
    try:
        return find_run(project, name).path.name
    except UsageError:
        if name == "latest":
            raise
        return name


def _trusted(
    files: tuple[Path, ...], *, project: Path
) -> tuple[tuple[VerifierKey | Ed25519PublicKey, ...], str | None]:
    """The keys that the verifier names; else those of the project in whose directory he stands; else none."""
    if files or not (project / PROJECT_FILE).exists():
        return tuple(key for file in files for key in read_keys(file)), None
    loaded = load_project(project)
    return load_public_keys(loaded.register_public_key), origin_of(loaded.definition.name)


def _plain(key: VerifierKey | Ed25519PublicKey) -> Ed25519PublicKey:
    return key.key if isinstance(key, VerifierKey) else key


def _verify_proof(path: Path, *, keys: tuple[VerifierKey | Ed25519PublicKey, ...], as_json: bool) -> int:
    try:
        head, entries = verify_proof(path.read_bytes(), keys=keys)
    except RepriseError as error:
        raise EvidenceError(f"{path}: {error}", hint=error.hint) from error
    if as_json:
        echo_json({"valid": True, "register": head.origin, "size": head.size})
    else:
        for entry in entries:
            click.echo(f"{entry.seq:>6}  {entry.at:%Y-%m-%dT%H:%M:%SZ}  {entry_words(entry)}")
        click.echo(f"valid: in {head.origin}, under its checkpoint of {head.size} entries")
    return ExitCode.PASSED
