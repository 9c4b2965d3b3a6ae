"""Writes the lab's project directory: what a drill needs to reach the lab, and the keys to it. Equal files stay."""

import os
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.errors import LabError
from orchestrator.lab.layout import ROLES, Layout
from orchestrator.lab.secrets import LabSecrets
from orchestrator.rendering import render as render_template

RENDERED = {
    "reprise.yml": "reprise.yml.j2",
    "inventory/lab.yml": "inventory.yml.j2",
    "privacy/patients.txt": "patients.txt.j2",
}
"""The files of the project that are made from templates."""


def render(*, templates: Path, name: str, **told: object) -> str:
    """One file of the lab's project. A stack says in a directory of its own what it adds to it."""
    return render_template(directories=(templates, templates.parent), name=name, **told)


def write_project(*, layout: Layout, templates: Path, lab: Mapping[str, Any], ssh_keygen: str) -> bool:
    """Write the files of the project. Returns whether passwords were made anew: the database must then be told."""
    for name in ("inventory", "trust", "keys", "privacy", "runs"):
        (layout.project / name).mkdir(parents=True, exist_ok=True)
    layout.project.chmod(0o700)
    _make_key(path=layout.project / "keys" / "ssh_ed25519", ssh_keygen=ssh_keygen)
    for file, template in RENDERED.items():
        write_file(path=layout.project / file, text=render(templates=templates, name=template, lab=lab))
    _write_keys(layout=layout, templates=templates, lab=lab)
    return _make_passwords(layout)


def write_file(*, path: Path, text: str, mode: int = 0o644) -> bool:
    """Put a file in place whole, or not at all. Returns whether anything changed."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.rename(path)
    return True


def _make_key(*, path: Path, ssh_keygen: str) -> None:
    if path.is_file() and path.with_suffix(".pub").is_file():
        return
    path.unlink(missing_ok=True)
    command = [ssh_keygen, "-q", "-t", "ed25519", "-N", "", "-C", "reprise-lab", "-f", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{path} could not be made: {done.stderr.strip()}")


def _write_keys(*, layout: Layout, templates: Path, lab: Mapping[str, Any]) -> None:
    """What a stack keeps secret: each template of its `keys/` becomes a file of the project's `keys/`."""
    keys = layout.project / "keys"
    secret = LabSecrets(keys / "secrets.json")
    for stack in layout.stacks:
        for template in sorted((templates.parent / stack.name / "keys").glob("*.j2")):
            name = f"{stack.name}/keys/{template.name}"
            text = render(templates=templates, name=name, lab=lab, secret=secret)
            write_file(path=keys / template.stem, text=text, mode=0o600)
    write_file(path=keys / "secrets.json", text=secret.text, mode=0o600)


def _make_passwords(layout: Layout) -> bool:
    """The libpq password file of the roles of drills, for every address at which a PostgreSQL answers."""
    known = _known_passwords(layout)
    passwords = {role: known.get(role) or secrets.token_urlsafe(24) for role in ROLES}
    lines = [
        f"{host.address}:{layout.service_port}:{layout.database}:{role}:{password}\n"
        for host in layout.hosts
        if host.role.postgresql
        for role, password in passwords.items()
    ]
    write_file(path=layout.passfile, text="".join(lines), mode=0o600)
    return passwords != known


def _known_passwords(layout: Layout) -> dict[str, str]:
    if not layout.passfile.is_file():
        return {}
    fields = [line.split(":") for line in layout.passfile.read_text(encoding="utf-8").splitlines()]
    return {line[3]: line[4] for line in fields if len(line) == 5}
