"""The command as a person runs it, on a project of the lab that a test may spoil: each test has a copy of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.lab import Layout, up
from orchestrator.plugins import bundled_content

DRILL = "postgresql-restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """A project directory, and the command run in it."""

    project: Path

    def reprise(self, *arguments: str | Path, **environment: str) -> Done:
        command, environ = self.command(*arguments), {**os.environ, **environment}
        done = subprocess.run(
            command, cwd=self.project, env=environ, capture_output=True, text=True, timeout=280, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(code=done.returncode, out=done.stdout, err=done.stderr)

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = self.command(*arguments)
        with self.log.open("wb") as log:
            return subprocess.Popen(command, cwd=self.project, stdout=log, stderr=log)

    def command(self, *arguments: str | Path) -> list[str]:
        return [str(Path(sys.executable).with_name("reprise")), *map(str, arguments)]

    def run(self, drill: str = DRILL) -> Done:
        return self.reprise("run", drill, "--yes", "--reason", "acceptance test", "--change", "CHG-1")

    @property
    def log(self) -> Path:
        """What the last command that was started, and not waited for, printed."""
        return self.project / "command.log"

    @property
    def latest(self) -> Path:
        return sorted(path for path in (self.project / "runs").iterdir() if not path.name.startswith("."))[-1]

    @property
    def judgement(self) -> dict[str, Any]:
        judgement: dict[str, Any] = json.loads((self.latest / "verdict.json").read_text())["judgement"]
        return judgement

    @property
    def findings(self) -> set[tuple[str, str]]:
        return {(finding["code"], finding["subject"]) for finding in self.judgement["findings"]}

    @property
    def entered(self) -> list[str]:
        """What the register says of the latest run, in order, once the whole register was verified."""
        verified = self.reprise("register", "verify")
        assert verified.code == 0, verified.out + verified.err
        events = [entry["event"] for entry in self.reprise("register", "show", "--json").documents]
        return [event["type"] for event in events if event["run_id"] == self.latest.name]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line)["event"] for line in (self.latest / "journal.jsonl").read_text().splitlines()]

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Change a file of the project; one that changes nothing is a mistake of the test."""
        file = self.project / name
        before = file.read_text()
        after = change(before)
        assert after != before, name
        file.write_text(after)

    def own_playbooks(self, technique: str) -> Path:
        """The project's own copy of a technique: it is found before the bundled one."""
        own = self.project / "playbooks" / technique
        shutil.copytree(bundled_content() / "playbooks" / technique, own)
        return own

    def own_drill(self, drill: str = DRILL) -> None:
        (self.project / "drills").mkdir()
        shutil.copy(bundled_content() / "drills" / f"{drill}.yml", self.project / "drills")


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has in his environment does not reach a test."""
    for name in [name for name in os.environ if name.endswith("_DSN") or name.startswith("ANSIBLE_")]:
        monkeypatch.delenv(name)


def open_workshop(lab: Layout, directory: Path, *, stacks: tuple[str, ...] = ()) -> Workshop:
    """A copy of the lab's project with keys of its own, on a lab that is whole and has these stacks too."""
    up(state=lab.state, data_megabytes=5, say=print, stacks=stacks)
    project = directory / "project"
    shutil.copytree(lab.project, project, ignore=shutil.ignore_patterns("runs", ".reprise", "seal.*", "register*"))
    made = Workshop(project=project)
    assert made.reprise("keys", "init").code == 0
    return made
