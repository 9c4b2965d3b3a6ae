"""What the project keeps secret and whom it trusts: modes, keys, certificates, references to secrets, the authority."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from cryptography.x509 import Certificate

from orchestrator.app.authorities import open_authority, time_roots
from orchestrator.app.doctor.answers import Answer, asked, doubtful, good, wrong
from orchestrator.app.sealing import open_sealer
from orchestrator.errors import RepriseError
from orchestrator.project import HiddenDefinition, Project
from reports.keys import check_pair, load_certificates, subject_name
from reports.register.keys import check_register_pair, load_public_keys, load_register_signer
from reports.signing.asking import Asking

AREA = "trust"
SOON_DAYS = 60
"""A certificate that ends within so many days should be renewed: certification authorities take weeks."""
_OTHERS, _OTHERS_WRITE, _GROUP_WRITES = 0o077, 0o002, 0o020


def examine_trust(project: Project, *, now: datetime) -> Iterator[Answer]:
    """Everything that can be looked at here."""
    yield from _modes(project)
    yield from asked(AREA, "signing key", lambda: _signing_key(project))
    yield from _certificates("signing certificate", lambda: load_certificates(project.certificate), now=now)
    if project.definition.signing.timestamp is not None:
        yield from _certificates("time-stamp authority", lambda: time_roots(project), now=now)
    yield from asked(AREA, "register key", lambda: _register_key(project))
    for place, reference in secret_places(project):
        yield from asked(AREA, place, partial(_resolved, project, reference))


def examine_network(project: Project) -> Iterator[Answer]:
    """Whether the time-stamp authority answers, with a token that a verifier would take."""
    authority = open_authority(project)
    if authority is None:
        yield good(AREA, "time-stamp authority", "none is named")
        return

    def ask() -> str:
        Asking(authority).about_time()
        return f"{authority.url} answers"

    yield from asked(AREA, "time-stamp authority", ask)


def secret_places(project: Project) -> Iterator[tuple[str, str]]:
    """Every reference to a secret in `reprise.yml`, with its place. What a key's URI names is tried with the key."""
    definition = project.definition
    if definition.ansible is not None:
        yield "ansible.vault-password", definition.ansible.vault_password
    for name, value in definition.environment.items():
        if isinstance(value, HiddenDefinition):
            yield f"environment.{name}", value.secret
    for index, target in enumerate(definition.register_.publish):
        for reference in target.references:
            yield f"register.publish.{index}", reference
    for index, notifier in enumerate(definition.notify):
        for reference in notifier.references:
            yield f"notify.{index}", reference


def _resolved(project: Project, reference: str) -> str:
    project.secrets.resolve(reference)
    return reference


def _signing_key(project: Project) -> str:
    sealer = open_sealer(project)
    check_pair(sealer.signer, sealer.certificate)
    return f"that of {subject_name(sealer.certificate)}"


def _register_key(project: Project) -> str:
    check_register_pair(load_register_signer(project.register_key), load_public_keys(project.register_public_key))
    return "its public half is in trust/"


def _certificates(subject: str, load: Callable[[], Sequence[Certificate]], *, now: datetime) -> Iterator[Answer]:
    try:
        certificates = load()
    except RepriseError as error:
        yield wrong(AREA, subject, str(error), hint=error.hint or "")
        return
    for one in certificates:
        yield _validity(subject, one, now=now)


def _validity(subject: str, certificate: Certificate, *, now: datetime) -> Answer:
    left = (certificate.not_valid_after_utc - now).days
    detail = f"{subject_name(certificate)}: {left} days left, until {certificate.not_valid_after_utc:%Y-%m-%d}"
    hint = "docs/how-to/signing.md says how to renew it"
    if now >= certificate.not_valid_after_utc:
        ended = f"{subject_name(certificate)}: it ended on {certificate.not_valid_after_utc:%Y-%m-%d}"
        return wrong(AREA, subject, ended, hint=hint)
    if now < certificate.not_valid_before_utc:
        begins = f"{subject_name(certificate)}: it begins on {certificate.not_valid_before_utc:%Y-%m-%d}"
        return wrong(AREA, subject, begins, hint="is this machine's clock right?")
    return doubtful(AREA, subject, detail, hint=hint) if left < SOON_DAYS else good(AREA, subject, detail)


def _modes(project: Project) -> Iterator[Answer]:
    """Private files are read by their owner alone; what drills are made of is written by him alone."""
    private = [path for path in _below(project.root / "keys") if path.is_file() and not path.name.endswith(".pub")]
    yield _mode_answer("keys/", private, barred=_OTHERS, hint="chmod 600 the file; make a new key where it was read")
    written = (project.root, project.root / "reprise.yml", project.trust, project.known_hosts, project.inventory)
    own = [*(path for path in written if path.exists()), *_below(project.root / "drills")]
    own += _below(project.root / "playbooks")
    hint = "chmod go-w: whoever writes there decides what drills do"
    yield _mode_answer("what drills are made of", own, barred=_OTHERS_WRITE, doubted=_GROUP_WRITES, hint=hint)
    inner = [path for path in (project.root / ".reprise", project.locks) if path.is_dir()]
    yield _mode_answer(
        ".reprise/", inner, barred=_OTHERS_WRITE, hint="chmod o-w: whoever writes there can hold every drill up"
    )


def _below(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*")) if directory.is_dir() else []


def _mode_answer(subject: str, paths: Sequence[Path], *, barred: int, hint: str, doubted: int = 0) -> Answer:
    """`barred` and `doubted`: the bits of a mode that must not, and should not, be set."""
    for bits, say in ((barred, wrong), (doubted, doubtful)):
        open_ones = [path for path in paths if _is_open(path, barred=bits)]
        if open_ones:
            return say(AREA, subject, f"{_named(open_ones)}: open to others, or another account's", hint=hint)
    return good(AREA, subject, f"{len(paths)} looked at")


def _named(open_ones: Sequence[Path]) -> str:
    more = f" and {len(open_ones) - 3} more" if len(open_ones) > 3 else ""
    return ", ".join(f"{path} ({stat.S_IMODE(path.stat().st_mode):04o})" for path in open_ones[:3]) + more


def _is_open(path: Path, *, barred: int) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False  # A link to nowhere: nobody reads anything there.
    return bool(found.st_mode & barred) or found.st_uid not in (0, os.geteuid())
