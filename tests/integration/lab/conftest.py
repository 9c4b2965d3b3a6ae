"""What the tests of the lab share: running a playbook on it, asking its databases, and running a command on a host."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from orchestrator.environment import extended_environment, prepared_environment
from orchestrator.lab import Layout
from orchestrator.lab.variables import guard_variables
from orchestrator.plugins import bundled_content

Playbook = Callable[..., subprocess.CompletedProcess[str]]
Ask = Callable[..., list[tuple[object, ...]]]
OnHost = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def short_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a short name: the sockets of a lab lie below its state."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture
def playbook(lab: Layout, tmp_path: Path) -> Playbook:
    """Run a playbook of the product, or a file, as plain Ansible does, with what the engine would tell it."""
    playbooks = bundled_content() / "playbooks"

    def run(name: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        told = {**guard_variables(lab), **variables}
        extra = [word for key, value in told.items() for word in ("-e", f"{key}={value}")]
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", f"{lab.project}/inventory/lab.yml"]
        own = {
            "ANSIBLE_CONFIG": str(playbooks / "lab" / "ansible.cfg"),
            "ANSIBLE_SHOW_CUSTOM_STATS": "1",
            "ANSIBLE_HOME": str(tmp_path),
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=no",
            "LC_ALL": "C.UTF-8",
        }
        environ = extended_environment(environ=os.environ, prepared=prepared_environment()) | own
        return subprocess.run(
            [*command, *extra, str(playbooks / name)], env=environ, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture
def ask(lab: Layout) -> Ask:
    """Ask a database of the lab, as the role that verifies unless another is named."""

    def run(host: str, query: str, *, role: str = "reprise_verify") -> list[tuple[object, ...]]:
        return ask_database(lab, host, query, role=role)

    return run


@pytest.fixture
def on_host(lab: Layout) -> OnHost:
    """Run a shell command on a host of the lab, over SSH, as the operator does."""

    def run(host: str, command: str) -> subprocess.CompletedProcess[str]:
        options = ["-F", "none", "-i", f"{lab.project}/keys/ssh_ed25519", "-o", "BatchMode=yes"]
        known = ["-o", f"UserKnownHostsFile={lab.project}/trust/known_hosts", "-o", "StrictHostKeyChecking=yes"]
        where = ["-p", str(lab.ssh_port), f"{lab.user}@{lab.host(host).address}"]
        environ = extended_environment(environ=os.environ, prepared=prepared_environment())
        return subprocess.run(
            ["ssh", *options, *known, *where, f"sh -c {shlex.quote(command)}"],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def ask_database(lab: Layout, host: str, query: str, *, role: str = "reprise_verify") -> list[tuple[object, ...]]:
    """The rows that a database of a lab answers with."""
    with psycopg.connect(
        host=lab.host(host).address,
        port=lab.service_port,
        dbname=lab.database,
        user=role,
        passfile=str(lab.passfile),
        connect_timeout=60,
        autocommit=True,
    ) as connection:
        return connection.execute(query.encode()).fetchall()
