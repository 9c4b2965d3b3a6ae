"""Entries, keys and a register in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from orchestrator.core.model import Verdict
from orchestrator.errors import ExitCode
from reports.register.chain import Chain
from reports.register.checkpoint import Checkpoint, SignedCheckpoint, origin_of, sign_checkpoint
from reports.register.entries import DrillEnded, DrillStarted, Ending, RegisterEvent, RunSealed
from reports.signers import KeySigner

ORIGIN = origin_of("demo")
DIGEST = "ab" * 32
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = Ed25519PrivateKey.from_private_bytes(b"r" * 32)
KEY: Ed25519PublicKey = SECRET.public_key()
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


def started(run: str, *, plan: str = DIGEST) -> DrillStarted:
    return DrillStarted(
        run_id=run,
        drill="postgresql-restore",
        kind="restore",
        system="patients-db",
        perimeters=(4, 5),
        targets=("replica-1",),
        plan_sha256=plan,
        requester="m.durand",
    )


def ended(run: str, *, plan: str = DIGEST) -> DrillEnded:
    return DrillEnded(
        run_id=run,
        ending=Ending.PASSED,
        verdict=Verdict.PASSED,
        exit_code=ExitCode.PASSED,
        plan_sha256=plan,
        journal_length=49,
        journal_head=DIGEST,
        journal_sha256=DIGEST,
    )


def sealed(run: str) -> RunSealed:
    return RunSealed(run_id=run, attestation_sha256=DIGEST)


def chained(events: Sequence[RegisterEvent]) -> Chain:
    chain = Chain()
    for event in events:
        chain.take(entry.line for entry in chain.following([event], at=NOON))
    return chain


def signed(chain: Chain, *, size: int | None = None, secret: Ed25519PrivateKey = SECRET) -> SignedCheckpoint:
    count = chain.size if size is None else size
    head = Checkpoint(origin=ORIGIN, size=count, root=chain.tree.root(count))
    return sign_checkpoint(head, signer=KeySigner(secret))
