"""A run of so many steps: how long it takes to seal and to verify, how much memory, how large what comes of it is.

Run as `python -m tests.benchmarks.sealing [STEPS ...]` (default 10 100 1000), on a machine that has nothing else to do.
Each act is done three times, each time in a process of its own, of which the programs are loaded and its memory counted
too: what is printed is the median, with the smallest and the largest wall time. The run is entered in a register, as
`reprise seal` does it. `python -m tests.benchmarks.sealing profile STEPS` says where the time of one sealing goes.
"""

import cProfile
import multiprocessing
import multiprocessing.connection
import pstats
import resource
import runpy
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyhanko.pdf_utils.reader import PdfFileReader

from orchestrator.adapters.system import SystemClock
from orchestrator.app.sealing import Seal, seal_run
from orchestrator.core.model import Language
from orchestrator.store import RunDirectory
from reports.assessment import Trust
from reports.catalogue import load_catalogue
from reports.keys import load_certificates
from reports.layout import BUNDLE, EVIDENCE, REPORT_PDF
from reports.materials import JOURNAL
from reports.register.checkpoint import origin_of
from reports.register.log import RegisterLog
from reports.scan import NO_RULES_OF_OUR_OWN
from reports.signers import KeySigner, load_signer
from reports.signing.sealer import Sealer
from reports.verify import verify
from tests.integration.reports.bare import VERIFIER
from tests.integration.reports.conftest import make_seal
from tests.integration.reports.example_run import DRILL, RUN_ID, Setting, write_run

STEPS = (10, 100, 1_000)
REPEATS = 3
PROFILED = 45
KEEPER = Ed25519PrivateKey.from_private_bytes(b"b" * 32)
"""Signs the register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one act took: seconds by the clock and of the processor, and the most memory in megabytes."""

    wall: float
    cpu: float
    memory: float


def main() -> None:
    """Print the table, or where the time goes."""
    profiled = sys.argv[1:2] == ["profile"]
    numbers = [int(word) for word in sys.argv[2 if profiled else 1 :]] or list(STEPS)
    with tempfile.TemporaryDirectory(prefix="reprise-sealing-") as scratch:
        for steps in numbers:
            root = Path(scratch) / str(steps)
            _prepare(root, steps)
            _profile(root) if profiled else _table(root, steps)


def _prepare(root: Path, steps: int) -> None:
    make_seal(root)
    public = KEEPER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (root / "register.pub").write_bytes(public)
    write_run(root / "fresh" / RUN_ID, setting=Setting(more_steps=steps - len(DRILL["steps"])))


def _table(root: Path, steps: int) -> None:
    _say(f"{steps} steps, {_lines(root)} lines of journal, {_samples(root)} lines of series")
    _row("seal", [_apart(_seal, _fresh(root)) for _ in range(REPEATS)])
    _row("verify", [_apart(_verify, root) for _ in range(REPEATS)])
    _row("verify, by the bundle", [_apart(_verify_bundle, root) for _ in range(REPEATS)])
    _row("stand-alone verifier", [_apart(_verify_alone, root) for _ in range(REPEATS)])
    _say(f"  {_sizes(root / 'run' / RUN_ID)}\n")


def _fresh(root: Path) -> Path:
    """The run as its drill left it, and a register that knows nothing of it."""
    for name in ("run", "register"):
        shutil.rmtree(root / name, ignore_errors=True)
    shutil.copytree(root / "fresh", root / "run")
    return root


def _apart(act: Callable[[Path], None], root: Path) -> Used:
    """Do it in a process of its own, and take what that used."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_report, args=(act, root, sender))
    child.start()
    sender.close()
    try:
        used: Used = receiver.recv()
    except EOFError:
        raise SystemExit(f"{act.__name__}: it failed") from None
    finally:
        child.join()
    return used


def _report(act: Callable[[Path], None], root: Path, sender: multiprocessing.connection.Connection) -> None:
    begun, before = time.monotonic(), time.process_time()
    act(root)
    wall, cpu = time.monotonic() - begun, time.process_time() - before
    sender.send(Used(wall=wall, cpu=cpu, memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def _seal(root: Path) -> None:
    (certificate,) = load_certificates(root / "trust" / "seal.crt.pem")
    signer = load_signer(f"file:{root / 'keys' / 'seal.key.pem'}")
    clock, keeper = SystemClock(), KeySigner(KEEPER)
    seal = Seal(
        sealer=Sealer(signer=signer, certificate=certificate),
        language=Language.FRENCH,
        own=NO_RULES_OF_OUR_OWN,
        catalogue=load_catalogue(),
        register=RegisterLog(root / "register", origin=origin_of("benchmark"), signer=keeper, clock=clock),
    )
    seal_run(RunDirectory(root / "run" / RUN_ID), seal=seal, language=None)


def _verify(root: Path) -> None:
    _valid(root / "run" / RUN_ID, root)


def _verify_bundle(root: Path) -> None:
    _valid(root / "run" / RUN_ID / BUNDLE, root)


def _valid(path: Path, root: Path) -> None:
    certificates = load_certificates(root / "trust" / "seal.crt.pem")
    report = verify(path, trust=Trust(certificates=certificates, register_keys=(KEEPER.public_key(),)))
    if not report.valid:
        raise SystemExit(f"{path.name}: {report.failures}")


def _verify_alone(root: Path) -> None:
    """Its code uses nothing of the product; the memory is of a process in which the product is loaded all the same."""
    trusted = ["--certificate", str(root / "trust" / "seal.crt.pem"), "--register-key", str(root / "register.pub")]
    with redirect_stdout(StringIO()):
        code = runpy.run_path(str(VERIFIER))["main"]([str(root / "run" / RUN_ID / BUNDLE), *trusted])
    if code:
        raise SystemExit(f"the stand-alone verifier ended with {code}")


def _profile(root: Path) -> None:
    with cProfile.Profile() as profile:
        _seal(_fresh(root))
    pstats.Stats(profile).sort_stats("cumulative").print_stats(PROFILED)
    with cProfile.Profile() as profile:
        _verify(root)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(PROFILED)


def _lines(root: Path) -> int:
    return (root / "fresh" / RUN_ID / JOURNAL).read_bytes().count(b"\n")


def _samples(root: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (root / "fresh" / RUN_ID / "samples").iterdir())


def _row(name: str, all_used: list[Used]) -> None:
    walls = sorted(used.wall for used in all_used)
    cpu = statistics.median(used.cpu for used in all_used)
    memory = max(used.memory for used in all_used)
    spread = f"({walls[0]:.2f} to {walls[-1]:.2f})"
    _say(f"  {name:22} {statistics.median(walls):8.2f} s {spread:18} {cpu:8.2f} s CPU {memory:8.0f} MB")


def _sizes(run: Path) -> str:
    with (run / REPORT_PDF).open("rb") as file:
        pages = int(PdfFileReader(file).root["/Pages"]["/Count"])
    sizes = ", ".join(f"{name} {(run / name).stat().st_size / 1000:.0f} kB" for name in (REPORT_PDF, BUNDLE, EVIDENCE))
    return f"{sizes}; {pages} pages"


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
