"""A project that tells somebody, and those who are told: real servers on loopback."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.notifiers.outbox import Limits
from orchestrator.app.telling import Teller, open_teller
from orchestrator.app.workplace import open_workplace
from orchestrator.testing import FakeClock
from reports.register.programme import DueState, Owed
from tests.integration.register.test_command import PROJECT
from tests.receivers import self_signed

PATIENT = Limits(answer_s=60, attempts=1, pause_s=0, whole_s=60)
"""For what works: no machine is too slow for it."""
HASTY = Limits(answer_s=60, attempts=1, pause_s=0, whole_s=0.2)
"""For what never answers."""


@dataclass
class Home:
    """A project directory."""

    root: Path
    clock: FakeClock = field(default_factory=FakeClock)

    def notify(self, *entries: str) -> None:
        """Name those who are told, each as YAML."""
        listed = "".join(f"  - {entry}\n" for entry in entries)
        notify = f"notify:\n{listed}" if entries else ""
        (self.root / "reprise.yml").write_text(PROJECT + notify, encoding="utf-8")

    def teller(self, *, limits: Limits = PATIENT, environ: Mapping[str, str] | None = None) -> Teller:
        """Who tells, as a command opens it."""
        return open_teller(open_workplace(self.root, clock=self.clock), limits=limits, environ=environ or {})

    def wait(self, duration: timedelta) -> None:
        """Let time pass."""
        self.clock.advance(duration // timedelta(microseconds=1))

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What was written down of what was told."""
        file = self.root / ".reprise" / "told.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []

    @property
    def outcomes(self) -> list[str]:
        """The same, in one word each."""
        return [line["outcome"] for line in self.lines]

    def owed(self, state: DueState = DueState.OVERDUE, *, due_at: datetime | None = None) -> Owed:
        """A date of a drill, as the register tells it."""
        due_at = due_at or self.clock.now() - timedelta(hours=1)
        missed = state is DueState.MISSED
        return Owed(
            drill="postgresql-restore",
            system="dpi",
            perimeters=(5,),
            due_at=due_at,
            last_at=due_at + timedelta(days=7),
            state=state,
            missed=missed,
            missed_seq=12 if missed else None,
            runs=(),
            waiver=None,
            caught_up=False,
        )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    root = tmp_path / "project"
    root.mkdir()
    return Home(root)


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server certificate for 127.0.0.1 that this process trusts."""
    context = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    return context
