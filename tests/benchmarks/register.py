"""A register of 100,000 entries: appended, opened, proved, verified; and what one durable append costs at that size.

Run as `python -m tests.benchmarks.register [entries] [directory]`, on a machine that has nothing else to do; the
directory says which disk is measured. Prints for each act the median of so many times, with the smallest, the 99th
percentile and the largest.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.adapters.system import SystemClock
from reports.register.audit import audit_register
from reports.register.checkpoint import origin_of
from reports.register.entries import RegisterEvent
from reports.register.log import RegisterLog
from reports.register.proof import check_run_proof
from reports.register.tree import check_consistency
from reports.register.view import read_register
from reports.signers import KeySigner
from tests.integration.register.conftest import ended, sealed, started

BATCH = 1_000
SINGLE = 500
PROOFS = 2_000
ROUNDS = 5
SECRET = Ed25519PrivateKey.from_private_bytes(b"b" * 32)
KEYS = [SECRET.public_key()]


def main() -> None:
    """Print one line for each act."""
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="register-", dir=sys.argv[2] if len(sys.argv) > 2 else None) as scratch:
        path = Path(scratch) / "register"
        _say(f"{'act':58} {'times':>6} {'median':>11} {'min':>11} {'p99':>11} {'max':>11}")
        _report("a line of 500 bytes written and fsynced, by itself", _fsyncs(Path(scratch) / "line"))
        log = _open(path)
        _report(f"append {BATCH} entries at once, with one checkpoint", _appended(log, entries=entries))
        _report("append one entry, durably, with its checkpoint", _one_by_one(log))
        size = log.checkpoint.size
        _say(f"  {size} entries, {path.joinpath('register.jsonl').stat().st_size / 1e6:.1f} MB")
        _report("open it for appending", _times(lambda: _open(path), rounds=ROUNDS))
        _report("open it for reading", _times(lambda: read_register(path, keys=KEYS), rounds=ROUNDS))
        _proofs(log)
        _report("verify the whole register", _times(lambda: _audit(path), rounds=ROUNDS))


def _proofs(log: RegisterLog) -> None:
    chance, size = random.Random(1), log.checkpoint.size
    seqs = [chance.randrange(size) for _ in range(PROOFS)]
    proofs = [log.prove(seq) for seq in seqs]
    _report("prove that an entry is in it", [_seconds(partial(log.prove, seq)) for seq in seqs])
    _report("verify such a proof", [_seconds(partial(one.verify, KEYS)) for one in proofs])
    _say(f"  {max(len(proof.hashes) for proof in proofs)} hashes in the longest proof")
    _report(
        "prove and verify that it continues an earlier one", [_seconds(partial(_continues, log, seq)) for seq in seqs]
    )
    run = log.entries()[-3].event.run_id  # type: ignore[union-attr]
    _report("find a run and prove it", _times(lambda: log.prove_run(run), rounds=20))
    proof = log.prove_run(run)
    _report("verify the proof of a run", _times(lambda: check_run_proof(proof, keys=KEYS, run_id=run), rounds=100))


def _open(path: Path) -> RegisterLog:
    return RegisterLog(path, origin=origin_of("benchmark"), signer=KeySigner(SECRET), clock=SystemClock())


def _appended(log: RegisterLog, *, entries: int) -> list[float]:
    events = [event for run in range(entries // 3 + 1) for event in _whole_run(run)][:entries]
    batches = [events[start : start + BATCH] for start in range(0, entries, BATCH)]
    return [_seconds(partial(log.append, batch)) for batch in batches]


def _one_by_one(log: RegisterLog) -> list[float]:
    events = [event for run in range(SINGLE // 3 + 1) for event in _whole_run(10_000_000 + run)]
    return [_seconds(partial(log.append, [event])) for event in events]


def _whole_run(number: int) -> tuple[RegisterEvent, ...]:
    run = f"2026-11-24t020000z-postgresql-restore-{number:08}"
    return started(run), ended(run), sealed(run)


def _continues(log: RegisterLog, earlier: int) -> None:
    check_consistency(
        earlier=earlier,
        earlier_root=log._chain.tree.root(earlier),
        later=log.checkpoint.size,
        later_root=log.checkpoint.checkpoint.root,
        path=log.consistency(earlier),
    )


def _audit(path: Path) -> None:
    audit = audit_register(path, keys=KEYS)
    assert audit.valid, audit.failures[:3]


def _fsyncs(file: Path) -> list[float]:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write() -> None:
        os.write(descriptor, b"x" * 500)
        os.fsync(descriptor)

    try:
        return _times(write, rounds=SINGLE)
    finally:
        os.close(descriptor)


def _times(act: Callable[[], object], *, rounds: int) -> list[float]:
    return [_seconds(act) for _ in range(rounds)]


def _seconds(act: Callable[[], object]) -> float:
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def _report(name: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    shown = (
        statistics.median(ordered),
        ordered[0],
        ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
        ordered[-1],
    )
    _say(f"{name:58} {len(ordered):>6} " + " ".join(f"{one * 1000:>8.2f} ms" for one in shown))


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
