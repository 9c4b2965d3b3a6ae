"""Runs the playbooks that build the lab with the ansible-playbook of this interpreter. Drills do not run from here."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.environment import extended_environment, prepared_environment
from orchestrator.errors import LabError

_TASK = re.compile(r"TASK \[(?P<name>.*)\] \**")
_FAILURE = re.compile(r"fatal: \[(?P<host>[^]]+)\]: [A-Z]+! => (?P<result>\{.*\})")


def build(
    *, playbooks: Path, inventory: Path, variables: Mapping[str, Any], log: Path, ssh: str, say: Callable[[str], None]
) -> None:
    """Run `lab/site.yml` on the lab. Each task is said as it begins; everything that was printed is kept in `log`.

    Raises:
        LabError: The playbook could not be run, or failed; the message says on which host and with what words.
    """
    # Its name must be short: the sockets of shared connections lie in it, and their paths may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="reprise-") as scratch:
        written = Path(scratch, "variables.json")
        written.write_text(json.dumps(dict(variables)), encoding="utf-8")
        command = (_ansible_playbook(), "-i", str(inventory), "-e", f"@{written}", str(playbooks / "lab" / "site.yml"))
        try:
            lines, code = _run(
                command, environment=_environment(playbooks=playbooks, scratch=scratch), log=log, say=say
            )
        finally:
            _close_connections(Path(scratch, "cp"), ssh=ssh)
    if code != 0:
        raise LabError(f"the lab could not be built: {explain_failure(lines)}", hint=f"everything is in {log}")


def explain_failure(lines: Sequence[str]) -> str:
    """What went wrong, from the output of ansible-playbook: the task, each host, and what was said there last."""
    task, reasons = "before the first task", []
    for line in lines:
        if found := _TASK.match(line):
            task = found["name"]
        elif found := _FAILURE.match(line):
            reasons.append(f"{found['host']}: {_last_words(found['result'])}")
    last_words = [line for line in lines if line.strip()][-1:]
    return f"{task}: {'; '.join(reasons or last_words)}"


def _last_words(result: str) -> str:
    try:
        said = json.loads(result)
    except ValueError:
        return result
    text = str(said.get("stderr") or said.get("stdout") or said.get("msg") or result).strip()
    return text.splitlines()[-1] if text else "failed without a word"


def _run(
    command: Sequence[str], *, environment: Mapping[str, str], log: Path, say: Callable[[str], None]
) -> tuple[list[str], int]:
    lines: list[str] = []
    streams: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
    }
    with log.open("w", encoding="utf-8") as kept, subprocess.Popen(command, env=environment, **streams) as process:
        for line in process.stdout or ():
            kept.write(line)
            lines.append(line.rstrip())
            if found := _TASK.match(line):
                say(found["name"])
    return lines, process.returncode


def _ansible_playbook() -> str:
    """The one beside this interpreter: what is in PATH may be of another version."""
    program = Path(sys.executable).with_name("ansible-playbook")
    if not program.is_file():
        raise LabError(f"{program} is missing", hint="run script/setup")
    return str(program)


def _environment(*, playbooks: Path, scratch: str) -> dict[str, str]:
    """Only what is named: a setting of Ansible's that somebody exported must not change how the lab is built."""
    own = {
        "HOME": scratch,
        "LC_ALL": "C.UTF-8",  # Ansible refuses to start in another encoding
        "ANSIBLE_CONFIG": str(playbooks / "lab" / "ansible.cfg"),
        "ANSIBLE_HOME": f"{scratch}/ansible",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": f"{scratch}/cp",
    }
    paths = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH")}
    return extended_environment(environ=paths, prepared=prepared_environment()) | own


def _close_connections(sockets: Path, *, ssh: str) -> None:
    """End the shared connections that Ansible leaves behind, while their sockets still exist."""
    for socket in sockets.glob("*"):
        subprocess.run([ssh, "-O", "exit", "-o", f"ControlPath={socket}", "lab"], capture_output=True, check=False)
