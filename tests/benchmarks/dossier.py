"""An audit file of many runs: how long it takes to make and to verify, how much memory, how large it is.

Run as `python -m tests.benchmarks.dossier [RUNS]` (default 400), on a machine that has nothing else to do. The runs'
own reports are drawn as one line each, since a dossier never draws them again: their bundles are smaller than real ones
by what a real drawing takes, which is printed too.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from pyhanko.pdf_utils.reader import PdfFileReader

from orchestrator.core.model import Language
from reports.assessment import Trust
from reports.dossier.period import Period
from reports.dossier.seal import Sources, seal_dossier
from reports.dossier.verify import verify_dossier
from reports.evidence import Evidence
from reports.keys import load_certificates
from reports.layout import BUNDLE, attachment_names
from reports.pdf import draw_pdf
from reports.register.entries import DrillPlanned
from reports.signers import load_signer
from reports.signing.sealer import Sealer
from tests.integration.reports.conftest import Seal, make_seal
from tests.integration.reports.example_register import Register
from tests.integration.reports.example_run import Setting, Story, write_run
from tests.integration.reports.example_year import ORGANISATION, scope

BEGIN = datetime(2026, 1, 2, 2, tzinfo=UTC)
DRILLS = 40
STORIES = (Story.PASSED,) * 6 + (Story.GAPS, Story.FAILED, Story.INCONCLUSIVE, Story.STOPPED)
PERIOD = Period(first_day=date(2026, 1, 1), last_day=date(2026, 12, 31))


def main() -> None:
    """Seal the runs, then make and verify the dossier, each in a process of its own."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    with tempfile.TemporaryDirectory(prefix="reprise-dossier-") as scratch:
        root = Path(scratch)
        _measured("seal the runs", _seal_runs, root, count)
        _measured("make", _make, root)
        _measured("verify dossier.zip", _verify_archive, root)
        _measured("verify dossier.pdf", _verify_pdf, root)
        _sizes(root, count)


def _measured(name: str, act: Callable[..., None], *arguments: object) -> None:
    context = multiprocessing.get_context("spawn")
    begun = time.monotonic()
    child = context.Process(target=_report, args=(name, act, arguments))
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit(f"{name}: failed after {time.monotonic() - begun:.0f} s")


def _report(name: str, act: Callable[..., None], arguments: tuple[object, ...]) -> None:
    begun = time.monotonic()
    act(*arguments)
    used = resource.getrusage(resource.RUSAGE_SELF)
    wall, cpu, memory = time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    _say(f"{name:20} {wall:8.1f} s {cpu:8.1f} s CPU {memory:8.0f} MB")


def _seal_runs(root: Path, count: int) -> None:
    seal, register = make_seal(root / "own"), Register()
    for number in range(count):
        drill = f"restore-{number % DRILLS:02}"
        due = BEGIN + timedelta(hours=number * 20 + 10)
        event = DrillPlanned(drill=drill, system=f"system-{number % DRILLS:02}", perimeters=(5,), due_at=due)
        register.add(BEGIN - timedelta(hours=1), event)
    with patch("reports.seal.draw_report", _draw_one_line):
        for number in range(count):
            register.enter_run(_seal_run(root, seal, number))
    (root / "register.jsonl").write_bytes(register.content)
    (root / "checkpoint").write_text(register.checkpoint(), encoding="utf-8")


def _seal_run(root: Path, seal: Seal, number: int) -> Path:
    began = BEGIN + timedelta(hours=number * 20)
    drill = {"id": f"restore-{number % DRILLS:02}", "system": f"system-{number % DRILLS:02}"}
    run_id = f"{began:%Y%m%dT%H%M%SZ}-{drill['id']}-{number:04x}"
    setting = Setting(run_id=run_id, started=began, drill=drill, restore_ms=5_000 + 37 * (number % 97))
    run = write_run(root / "runs" / run_id, story=STORIES[number % len(STORIES)], setting=setting)
    seal.seal(run)
    return run


def _draw_one_line(evidence: Evidence, *, files: Mapping[str, bytes]) -> bytes:
    names = attachment_names(files)
    page = f'<html lang="fr"><head><title>{evidence.run_id}</title></head><body><p>{evidence.run_id}</p></body></html>'
    attached = {names[name]: files[name] for name in sorted(files)}
    moment = evidence.journal.ended_at.replace(microsecond=0)
    return draw_pdf(page, attachments=attached, identifier=evidence.run_id, moment=moment)


def _make(root: Path) -> None:
    (certificate,) = load_certificates(root / "own" / "trust" / "seal.crt.pem")
    seal_dossier(
        root / "dossier",
        scope=scope(Language.FRENCH, perimeters=(5,)).model_copy(
            update={
                "period": PERIOD,
                "organisation": ORGANISATION,
                "drills": (),
                "made_at": datetime(2027, 1, 5, tzinfo=UTC),
            }
        ),
        sources=Sources(
            bundles={run.name: (run / BUNDLE).read_bytes for run in (root / "runs").iterdir()},
            register=(root / "register.jsonl").read_bytes(),
            checkpoint=(root / "checkpoint").read_text(encoding="utf-8"),
        ),
        sealer=Sealer(signer=load_signer(f"file:{root / 'own' / 'keys' / 'seal.key.pem'}"), certificate=certificate),
        trust=Trust(certificates=(certificate,)),
    )


def _verify_archive(root: Path) -> None:
    _verify(root, "dossier.zip")


def _verify_pdf(root: Path) -> None:
    _verify(root, "dossier.pdf")


def _verify(root: Path, name: str) -> None:
    certificates = load_certificates(root / "own" / "trust" / "seal.crt.pem")
    report = verify_dossier(root / "dossier" / name, trust=Trust(certificates=certificates))
    if not report.valid:
        raise SystemExit(f"{name}: {report.failures}")


def _sizes(root: Path, count: int) -> None:
    pdf, archive = root / "dossier" / "dossier.pdf", root / "dossier" / "dossier.zip"
    with pdf.open("rb") as file:
        pages = int(PdfFileReader(file).root["/Pages"]["/Count"])
    bundles = sum((run / BUNDLE).stat().st_size for run in (root / "runs").iterdir())
    _say(f"{count} runs, {pages} pages: dossier.pdf {_mb(pdf)}, dossier.zip {_mb(archive)}")
    _say(f"a bundle: {bundles / count / 1000:.0f} kB here; {_real_bundle(root) / 1000:.0f} kB with its report drawn")


def _real_bundle(root: Path) -> int:
    seal = make_seal(root / "real")
    return seal.seal(write_run(root / "real" / "run")).bundle.stat().st_size


def _mb(path: Path) -> str:
    return f"{path.stat().st_size / 1_000_000:.1f} MB"


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
