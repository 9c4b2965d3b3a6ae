"""Registers on disk, with keys of their own."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from orchestrator.core.model import Verdict
from orchestrator.errors import ExitCode
from orchestrator.testing import FakeClock
from reports.register import directory as register_directory
from reports.register.checkpoint import origin_of
from reports.register.directory import RegisterDirectory
from reports.register.entries import DrillEnded, DrillStarted, Ending, RegisterEvent, RunSealed
from reports.register.log import RegisterLog, Stamp
from reports.signers import KeySigner

ORIGIN = origin_of("demo")
DIGEST = "ab" * 32


def started(run: str) -> DrillStarted:
    return DrillStarted(
        run_id=run,
        drill="postgresql-restore",
        kind="restore",
        system="patients-db",
        perimeters=(4, 5),
        targets=("replica-1",),
        plan_sha256=DIGEST,
        requester="m.durand",
    )


def ended(run: str, ending: Ending = Ending.PASSED) -> DrillEnded:
    return DrillEnded(
        run_id=run,
        ending=ending,
        verdict=Verdict.PASSED,
        exit_code=ExitCode.PASSED,
        plan_sha256=DIGEST,
        journal_length=49,
        journal_head=DIGEST,
        journal_sha256=DIGEST,
    )


def sealed(run: str) -> RunSealed:
    return RunSealed(run_id=run, attestation_sha256=DIGEST)


def whole_run(run: str) -> tuple[RegisterEvent, ...]:
    return started(run), ended(run), sealed(run)


@dataclass(frozen=True)
class Book:
    """A directory and the key of its register."""

    path: Path
    secret: Ed25519PrivateKey

    @property
    def files(self) -> RegisterDirectory:
        return RegisterDirectory(self.path)

    @property
    def signer(self) -> KeySigner:
        return KeySigner(self.secret)

    @property
    def key(self) -> Ed25519PublicKey:
        return self.secret.public_key()

    def open(self, *, stamp: Stamp | None = None, keys: tuple[Ed25519PublicKey, ...] = ()) -> RegisterLog:
        return RegisterLog(self.path, origin=ORIGIN, signer=self.signer, clock=FakeClock(), keys=keys, stamp=stamp)

    def filled(self, runs: int) -> RegisterLog:
        """A register of whole runs `run-0`, `run-1` ..., each entry appended and signed for on its own."""
        log = self.open()
        for number in range(runs):
            for event in whole_run(f"run-{number}"):
                log.append([event])
        return log


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, nobody here gives up waiting for his turn."""
    monkeypatch.setattr(register_directory, "ATTEMPTS", 1_000_000)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "register", Ed25519PrivateKey.from_private_bytes(b"r" * 32))
