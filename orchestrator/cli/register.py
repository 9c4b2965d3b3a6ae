"""The commands about the register: show, checkpoint, stamp, prove, verify, publish, witness, cosigned."""

from datetime import datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.markup import escape

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
from orchestrator.cli.answers import print_answer, print_not_valid, print_valid
from orchestrator.cli.options import authority_option, console, echo_json, json_option, project_option
from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError, ExitCode, RepriseError, UsageError
from orchestrator.project import PROJECT_FILE, Project, load_project
from reports.register.account import open_runs
from reports.register.checkpoint import origin_of
from reports.register.entries import (
    DrillEnded,
    DrillMissed,
    DrillPlanned,
    DrillStarted,
    DrillWaived,
    RegisterEntry,
    RegisterEvent,
    RunAnnotated,
    RunRenewed,
    RunSealed,
)
from reports.register.findings import Audit, Dated
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
        click.echo(f"{entry.seq:>6}  {entry.at:%Y-%m-%dT%H:%M:%SZ}  {_words(entry)}")
    if loaded.definition.signing.timestamp and (pending := view.pending):
        click.echo(f"pending: {len(pending)} checkpoints bear no time-stamp")
    for entry in open_runs(entries):
        click.echo(f"open: {_subject(entry)}, begun in entry {entry.seq}, and nothing says how it ended")


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
        echo_json(_document(audit))
    else:
        _print_audit(audit, language=language)
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
            click.echo(f"{entry.seq:>6}  {entry.at:%Y-%m-%dT%H:%M:%SZ}  {_words(entry)}")
        click.echo(f"valid: in {head.origin}, under its checkpoint of {head.size} entries")
    return ExitCode.PASSED


def _print_audit(audit: Audit, *, language: Language) -> None:
    screen = console()
    for finding in audit.findings:
        print_answer(screen, finding.status, finding.within(language), subject=finding.subject, detail=finding.detail)
    for size, cosignature in audit.cosigned:
        at = f"{cosignature.at:%Y-%m-%dT%H:%M:%SZ}"
        screen.print(f"witness {escape(cosignature.witness)} saw {size} entries at {at}")
    for one in _extremes(audit.dated):
        at = f"{one.at:%Y-%m-%dT%H:%M:%SZ}"
        screen.print(f"time: the first {one.size} entries were there on {at}, says {escape(one.authority)}")
    counted = f"{audit.entries} entries, {audit.checkpoints} checkpoints, {audit.compared} kept elsewhere"
    counted += f", {len(audit.dated)} time-stamps" if audit.dated else ""
    if audit.valid:
        print_valid(screen, f"{audit.origin}, {counted}")
    else:
        print_not_valid(screen, counted)


def _extremes(dated: tuple[Dated, ...]) -> tuple[Dated, ...]:
    """The first and the last of the time-stamps; all of them are in the JSON."""
    return dated if len(dated) < 3 else (dated[0], dated[-1])


def _document(audit: Audit) -> dict[str, object]:
    return {
        "valid": audit.valid,
        "register": audit.origin,
        "entries": audit.entries,
        "signed": audit.signed,
        "checkpoints": audit.checkpoints,
        "stamped": audit.stamped,
        "dated": [{"size": one.size, "at": one.at.isoformat(), "authority": one.authority} for one in audit.dated],
        "compared": audit.compared,
        "cosigned": [{"size": size, "witness": one.witness, "at": one.at.isoformat()} for size, one in audit.cosigned],
        "findings": [
            {
                "code": finding.code,
                "status": finding.status,
                "subject": finding.subject,
                "entry": finding.seq,
                "line": finding.line,
                "detail": finding.detail,
            }
            for finding in audit.findings
        ],
    }


def _words(entry: RegisterEntry) -> str:
    what = entry.event.type.replace("_", " ")
    details = _details(entry.event)
    return f"{what:<14} {_subject(entry)}{f' ({details})' if details else ''}"


def _details(event: RegisterEvent) -> str:
    """What a person asks first of an entry; all of it is in the JSON."""
    match event:
        case DrillPlanned():
            return f"due {_moment(event.due_at)}"
        case DrillMissed():
            return f"due {_moment(event.due_at)}: {event.reason}"
        case DrillWaived():
            return f"until {_moment(event.until)}, by {event.waived_by}: {event.reason}"
        case DrillStarted():
            return f"retry of {event.retry_of}" if event.retry_of else ""
        case DrillEnded():
            return event.ending.value
        case RunAnnotated():
            action = f", action {event.action.id} {event.action.state}" if event.action else ""
            return f"{event.topic} by {event.by}{action}"
        case RunSealed() | RunRenewed():
            return ""


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _subject(entry: RegisterEntry) -> str:
    return str(getattr(entry.event, "run_id", None) or getattr(entry.event, "drill", ""))
