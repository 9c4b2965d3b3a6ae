"""`reprise prune` and `reprise hold` on real runs, a real register and a real audit file, and what is said after."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.app.register import make_register_key, open_register, view_register
from orchestrator.app.sealing import open_seal, seal_run
from orchestrator.cli import reprise
from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError, ExitCode, UsageError
from orchestrator.store import RunDirectory
from reports.dossier.chronicle import Chronicle
from reports.dossier.document import Dossier, parse_dossier
from reports.dossier.layout import DOSSIER_JSON
from reports.dossier.lines import Standing
from reports.layout import BUNDLE, read_bundle
from reports.pades import read_attachments
from reports.register.account import examine_runs
from reports.register.entries import Category, FilesRemoved, HoldPlaced
from reports.register.findings import FaultCode
from tests.integration.reports.clocked import Clocked
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_project import PROJECT
from tests.integration.reports.example_run import Setting, Story, write_run

RUN = "20260201T020000Z-restore-dpi-0001"
LATER = "20260801T020000Z-restore-dpi-0001"
EARLIER = "dossiers/2026-01-01--2026-06-30"
RULES = """\
retention:
  evidence:
    - {rule: hds, keep: 6 ans, reason: "cycle de certification en cours et précédent", perimeters: [5, 6]}
    - {rule: others, keep: 3 years, reason: "one cycle", perimeters: [1, 2, 3, 4]}
  copies: {rule: bulky, keep: 18 mois, reason: "le dossier de preuve contient les mêmes"}
  leftovers: {rule: days, keep: 30 jours, reason: "the journal has them"}
"""


class House(Clocked):
    """A project that keeps its runs under rules."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(root, at=datetime(2026, 2, 1, 2, tzinfo=UTC))
        for module in ("keeping", "drills", "dossier", "annotations", "evidence"):
            monkeypatch.setattr(f"orchestrator.cli.{module}.SystemClock", lambda: self.clock)

    def on(self, year: int, month: int, day: int) -> None:
        self.advance_to(datetime(year, month, day, 8, tzinfo=UTC))

    def why(self) -> set[tuple[str, str, str]]:
        return {(one["run"], one["category"], one["why"]) for one in self.facts("prune")["retained"]}

    def removable(self) -> set[tuple[str, str]]:
        return {(one["run"], one["category"]) for one in self.facts("prune")["removable"]}

    def run(self, run_id: str, began: datetime) -> None:
        directory = write_run(
            self.root / "runs" / run_id,
            story=Story.PASSED,
            setting=Setting(run_id=run_id, started=began, drill={"id": "restore-dpi", "system": "dpi"}),
        )
        seal_run(RunDirectory(directory), seal=open_seal(self.project, clock=self.clock), language=None)

    def verified_register(self) -> int:
        arguments = ["register", "verify", "-C", str(self.root)]
        done = CliRunner().invoke(reprise, arguments, catch_exceptions=False, standalone_mode=False)
        return int(done.return_value or 0)

    def removals(self) -> list[FilesRemoved]:
        return [one.event for one in Chronicle(view_register(self.project).entries()).of(FilesRemoved)]

    def files(self) -> set[str]:
        return {path.relative_to(self.root).as_posix() for path in (self.root / "runs").rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def lived(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of February and its audit file, and one of August that is in none. Only to be read."""
    root = tmp_path_factory.mktemp("kept") / "project"
    shutil.copytree(own_seal.key_path.parent.parent, root)
    (root / "reprise.yml").write_text(PROJECT + RULES, encoding="utf-8")
    with pytest.MonkeyPatch.context() as monkeypatch:
        house = House(root, monkeypatch)
        make_register_key(house.project, if_missing=False)
        house.run(RUN, house.clock.now())
        house.on(2026, 7, 1)
        house.call("dossier", "--from", "2026-01-01", "--to", "2026-06-30")
        house.advance_to(datetime(2026, 8, 1, 2, tzinfo=UTC))
        house.run(LATER, house.clock.now())
    return root


@pytest.fixture
def house(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    root = tmp_path / "project"
    shutil.copytree(lived, root)
    answers = root / ".reprise" / "answers" / RUN
    answers.mkdir(parents=True)
    (answers / "decide.0badcafe.refused").write_text("{}")
    (root / ".reprise" / "locks").mkdir(exist_ok=True)
    (root / ".reprise" / "locks" / f"run.{RUN}.lock").write_text("a run")
    return House(root, monkeypatch)


def test_what_is_young_is_kept_and_said_until_when(house: House) -> None:
    house.on(2026, 8, 15)
    planned = house.facts("prune")
    assert {(one["run"], one["category"]) for one in planned["removable"]} == {(RUN, "leftovers")}
    until = {(one["run"], one["category"]): one["until"] for one in planned["retained"]}
    assert until[RUN, "evidence"].startswith("2032-02-01")
    assert until[RUN, "copies"].startswith("2027-08-01")
    assert until[LATER, "evidence"] is None  # it is in no audit file: no rule alone lets it go
    words = house.call("prune").stdout
    assert "no sealed audit file holds it" in words
    assert "1 to remove; `reprise prune --yes` does" in words
    assert house.removals() == []


def test_copies_go_first_and_the_run_verifies_as_before(house: House) -> None:
    house.on(2027, 9, 1)
    before = house.files()
    assert house.call("prune", "--yes", "--by", "RSSI").return_value == ExitCode.PASSED
    gone = before - house.files()
    assert gone == {name for name in before if f"{RUN}/samples/" in name or name.endswith(f"{RUN}/report.html")}
    assert f"runs/{RUN}/removed.json" in house.files()
    (copies,) = [event for event in house.removals() if event.category is Category.COPIES]
    assert {file.path for file in copies.files} == gone
    assert (copies.rule, copies.keep, copies.by) == ("bulky", "P18M", "RSSI")
    for path in (house.root / "runs" / RUN, house.root / "runs" / RUN / BUNDLE):
        assert house.call("verify", str(path)).return_value == ExitCode.PASSED
    assert house.call("show", RUN).return_value == ExitCode.PASSED
    assert not (house.root / ".reprise" / "answers" / RUN).exists()
    assert not (house.root / ".reprise" / "locks" / f"run.{RUN}.lock").exists()
    assert house.removable() == set()
    # The whole run goes later, and what was removed before is entered once.
    house.on(2032, 3, 1)
    assert (RUN, "evidence") in house.removable()


def test_a_whole_run_goes_and_everything_still_holds_together(house: House) -> None:
    house.on(2032, 3, 1)
    bundle = (house.root / "runs" / RUN / BUNDLE).read_bytes()
    files = {name for name in house.files() if f"runs/{RUN}/" in name}
    house.call("prune", "--yes", "--by", "RSSI")

    (event,) = [one for one in house.removals() if one.category is Category.EVIDENCE]
    assert (event.run_id, event.rule, event.keep, event.by) == (RUN, "hds", "P6Y", "RSSI")
    assert files <= {file.path for file in event.files}
    assert {file.sha256 for file in event.files if file.path.endswith(BUNDLE)} == {sha256(bundle)}
    # What tells of the rest is the last to go.
    assert [file.path.rsplit("/", 1)[1] for file in event.files[-2:]] == ["evidence.json", "attestation.sigstore.json"]
    assert not {path.name for path in (house.root / "runs").iterdir()} - {LATER}

    assert house.verified_register() == ExitCode.PASSED
    assert examine_runs(view_register(house.project).entries()) == ()
    (gone,) = [one for one in house.facts("runs") if one["run"] == RUN]
    assert (gone["verdict"], gone["removed"]["rule"]) == ("passed", "hds")
    assert "removed on 2032-03-01 under rule hds" in house.call("runs").stdout
    with pytest.raises(UsageError) as caught:
        house.call("show", RUN)
    assert "was removed on 2032-03-01 under rule hds" in str(caught.value.hint)
    assert house.call("verify", str(house.root / EARLIER / "dossier.zip")).return_value == ExitCode.PASSED


def test_a_later_audit_file_says_that_it_was_removed_and_verifies(house: House) -> None:
    text = (house.root / "reprise.yml").read_text(encoding="utf-8")
    (house.root / "reprise.yml").write_text(text.replace("6 ans", "1 an"), encoding="utf-8")
    house.on(2027, 3, 1)  # The seal's certificate is valid still.
    house.call("prune", "--yes")
    house.call("dossier", "--from", "2026-01-01", "--to", "2026-12-31", "--lang", "fr")
    directory = house.root / "dossiers" / "2026-01-01--2026-12-31"
    dossier: Dossier = parse_dossier(read_attachments((directory / "dossier.pdf").read_bytes())[DOSSIER_JSON])
    (line,) = [line for line in dossier.runs if line.run_id == RUN]
    assert line.standing is Standing.REMOVED
    assert line.removed is not None
    assert line.removed.rule == "hds"
    assert not line.counts
    verified = house.call("verify", str(directory / "dossier.zip"))
    assert verified.return_value == ExitCode.PASSED, verified.stdout
    text = subprocess.run(
        ["pdftotext", directory / "dossier.pdf", "-"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    words = " ".join(text.split())
    assert "supprimé au terme de sa conservation" in words
    assert "règle hds" in words, words


class TestKept:
    """Past every rule's date: what keeps a run all the same."""

    @pytest.fixture
    def old(self, house: House) -> House:
        house.on(2040, 1, 1)
        assert (RUN, "evidence") in house.removable()
        return house

    def keeps(self, old: House, why: str) -> None:
        assert (RUN, "evidence", why) in old.why()
        before = {name for name in old.files() if not name.endswith("removed.json")}
        old.call("prune", "--yes")
        essential = {name for name in before if RUN in name and "/samples/" not in name and "report.html" not in name}
        assert essential <= old.files()

    def test_a_hold(self, old: House) -> None:
        old.call("hold", RUN, "--by", "legal", "--reason", "claim 2039-17")
        assert "legal: claim 2039-17" in old.call("hold").stdout
        assert {(RUN, category, "held") for category in ("evidence", "copies", "leftovers")} <= old.why()
        before = {name for name in old.files() if RUN in name}
        old.call("prune", "--yes")
        assert before <= old.files()
        old.call("hold", RUN, "--release", "--by", "legal", "--reason", "settled")
        assert "no hold is in force" in old.call("hold").stdout
        assert (RUN, "evidence") in old.removable()

    def test_one_of_two_holds(self, old: House) -> None:
        entries = [old.facts("hold", RUN, "--by", by, "--reason", "claim")["seq"] for by in ("legal", "the DPO")]
        with pytest.raises(UsageError, match="more than one hold"):
            old.call("hold", RUN, "--release", "--by", "legal", "--reason", "settled")
        old.call("hold", RUN, "--release", "--entry", str(entries[0]), "--by", "legal", "--reason", "settled")
        assert (RUN, "evidence", "held") in old.why()
        with pytest.raises(UsageError, match="no such hold"):
            old.call("hold", RUN, "--release", "--entry", str(entries[0]), "--by", "legal", "--reason", "settled")

    def test_an_open_action(self, old: House) -> None:
        words = ["--by", "RSSI", "--text", "x", "--topic", "action", "--action", "probe"]
        old.call("annotate", RUN, *words, "--owner", "team", "--due", "2041-01-01")
        self.keeps(old, "actions")
        old.call("annotate", RUN, *words, "--state", "done")
        assert (RUN, "evidence") in old.removable()

    def test_no_audit_file_or_one_that_was_altered(self, old: House) -> None:
        archive = old.root / EARLIER / "dossier.zip"
        content = bytearray(archive.read_bytes())
        content[-3] ^= 1
        archive.write_bytes(content)
        assert "does not count as an audit file" in old.facts("prune")["notes"][0]
        self.keeps(old, "no-dossier")

    def test_an_audit_file_that_is_kept_elsewhere(self, old: House, tmp_path: Path) -> None:
        (old.root / EARLIER).rename(tmp_path / "kept")
        assert (RUN, "evidence", "no-dossier") in old.why()
        planned = old.facts("prune", "--dossier", str(tmp_path / "kept"))
        assert (RUN, "evidence") in {(one["run"], one["category"]) for one in planned["removable"]}

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda run: (run / "journal.jsonl").write_bytes((run / "journal.jsonl").read_bytes() + b"{}\n"),
            lambda run: (run / "notes.txt").write_text("mine"),
            lambda run: (run / "bundle.zip").unlink(),
            lambda run: (run / "elsewhere").symlink_to("/etc/hostname"),
        ],
    )
    def test_what_is_not_as_it_was_sealed(self, old: House, spoil: Callable[[Path], object]) -> None:
        spoil(old.root / "runs" / RUN)
        self.keeps(old, "altered")

    def test_no_attestation(self, old: House) -> None:
        (old.root / "runs" / RUN / "attestation.sigstore.json").unlink()
        self.keeps(old, "altered")

    def test_no_rule_for_each_of_its_perimeters(self, old: House) -> None:
        text = (old.root / "reprise.yml").read_text(encoding="utf-8")
        (old.root / "reprise.yml").write_text(text.replace("[5, 6]", "[6]"), encoding="utf-8")
        self.keeps(old, "no-rule")


def test_an_attestation_is_last_and_a_hold_in_between_counts(house: House) -> None:
    """Entered, and held before it was removed: it stays; released, it goes without another entry."""
    house.on(2040, 1, 1)
    project = house.project
    house.call("prune", "--yes", "--by", "first")
    # As if the machine had stopped behind the entry: everything is there again.
    event = next(one for one in house.removals() if one.category is Category.EVIDENCE)
    register = open_register(project, clock=house.clock)
    content = read_bundle_of_dossier(house)
    (house.root / "runs" / RUN).mkdir()
    (house.root / "runs" / RUN / BUNDLE).write_bytes(content)
    register.append([HoldPlaced(run_id=RUN, by="legal", reason="claim")])
    house.call("prune", "--yes")
    assert (house.root / "runs" / RUN / BUNDLE).exists()
    entered = len(house.removals())
    house.call("hold", RUN, "--release", "--by", "legal", "--reason", "settled")
    assert [one["run"] for one in house.facts("prune")["unfinished"]] == [RUN]
    house.call("prune", "--yes")
    assert not (house.root / "runs" / RUN).exists()
    assert len(house.removals()) == entered
    assert event.by == "first"


def read_bundle_of_dossier(house: House) -> bytes:
    with zipfile.ZipFile(house.root / EARLIER / "dossier.zip") as archive:
        content = archive.read(f"runs/{RUN}.zip")
    assert read_bundle(content)
    return content


def test_stopped_at_every_act_it_is_finished_by_the_next_call(house: House, tmp_path: Path) -> None:
    """A process that ends at once at each rename, removal and rmdir of the pruning, in turn."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.reports.stopped_pruning", house.root, tmp_path / "stopped"],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    acts = json.loads(done.stdout)
    assert acts >= 10


def test_the_verification_finds_a_removal_that_had_no_right_to_be(house: House) -> None:
    house.on(2027, 1, 1)
    register = open_register(house.project, clock=house.clock)
    event = next(iter(_removal_of(house)))
    register.append([HoldPlaced(run_id=RUN, by="legal", reason="claim")])
    register.append([event, event.model_copy(update={"run_id": "20260101T000000Z-unknown-0001"})])
    found = {(one.code, one.subject) for one in examine_runs(register.entries())}
    assert found == {
        (FaultCode.REMOVAL_UNFOUNDED, RUN),
        (FaultCode.REMOVAL_UNFOUNDED, "20260101T000000Z-unknown-0001"),
    }


def _removal_of(house: House) -> list[FilesRemoved]:
    text = {
        "run_id": RUN,
        "category": "leftovers",
        "rule": "days",
        "keep": "P30D",
        "kept_since": "2026-02-01T02:00:00Z",
        "reason": "x",
        "by": "somebody",
        "files": [{"path": "x", "sha256": "0" * 64, "size": 0}],
    }
    return [FilesRemoved.model_validate_json(json.dumps(text))]


def test_what_is_said_is_scanned(house: House) -> None:
    with pytest.raises(EvidenceError):
        house.call("hold", RUN, "--by", "legal", "--reason", "password=hunter2secret")
    with pytest.raises(UsageError, match="need --reason and --by"):
        house.call("hold", RUN, "--by", "legal")
    with pytest.raises(UsageError, match="the register knows no run"):
        house.call("hold", "nobody", "--by", "legal", "--reason", "x")
