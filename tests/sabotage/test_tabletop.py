"""Sabotages of the crisis tabletop: people, and no lab. They answer from another process, with real SSH keys."""

import getpass
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.patience import wait_until
from tests.sabotage.conftest import TABLE
from tests.sabotage.honest import CONDITIONS, condition
from tests.sabotage.trial import Record
from tests.workshop import Workshop

DRILL = "crisis-tabletop"
ROOT = Path(__file__).parents[2]
PROJECT = """\
format: reprise/project/v1
name: crisis-demo
organisation: {{name: Hébergeur Santé Exemple}}
staging: {{groups: [staging]}}
never: [production]
production: {{endpoints: ["127.0.0.5:5432"]}}
marker: {{path: /etc/reprise-staging}}
inventory: hosts.yml
ssh: {{known-hosts: known_hosts}}
signing: {{key: "file:keys/seal.key.pem", certificate: trust/seal.crt.pem}}
people:
  p-lead: {{roles: [exercise-lead], accounts: [{account}]}}
  p-director: {{roles: [crisis-director]}}
  p-deputy: {{roles: [crisis-director], accounts: [{requester}]}}
  p-ciso: {{roles: [ciso]}}
"""
REQUESTER = "quality-office"
PEOPLE = ("lead", "director", "deputy", "ciso", "stranger")
HONEST: dict[str, dict[str, Any]] = {
    "brief": {"decision": "done", "key": "lead"},
    "announce": {"decision": "done", "key": "lead"},
    "alert": {"decision": "done"},
    "call-director": {"decision": "done", "values": {"channel": "phone"}, "key": "director"},
    "call-ciso": {"decision": "done", "values": {"channel": "messaging"}, "key": "ciso"},
    "call-dpo": {"decision": "done", "values": {"channel": "phone"}},
    "call-communication": {"decision": "done", "values": {"channel": "in-person"}},
    "call-care": {"decision": "done", "values": {"channel": "phone"}},
    "assess": {"decision": "done", "values": {"services": "3", "severity": "critical"}, "key": "ciso"},
    "decide": {
        "decision": "granted",
        "values": {"plan": "pca-and-pra"},
        "reason": "the record will not be back within the tolerable time",
        "key": "director",
    },
    "degraded-mode": {"decision": "done", "values": {"units": "12"}},
    "inform-staff": {"decision": "done"},
    "inform-clients": {"decision": "done", "values": {"hours": "4"}},
    "notify-cnil": {"decision": "done", "values": {"hours": "48"}},
    "notify-anssi": {"decision": "done", "values": {"hours": "12"}, "key": "ciso"},
    "notify-ars": {"decision": "done", "values": {"hours": "6"}, "key": "ciso"},
    "release": {"decision": "granted", "reason": "read with the DPO", "key": "director"},
    "return": {"decision": "granted", "reason": "the checks are told to have passed", "key": "director"},
    "care-confirms": {"decision": "done"},
    "debrief": {"decision": "done", "values": {"actions": "4"}, "reason": "directory up to date", "key": "lead"},
}
Change = Callable[["Crisis"], None]


@dataclass(kw_only=True)
class Crisis:
    """A project with people who have keys, and what they are going to say."""

    workshop: Workshop
    keys: Path
    script: dict[str, Any] = field(default_factory=lambda: json.loads(json.dumps(HONEST)))

    def says(self, step: str, **changes: Any) -> None:
        self.script[step] = self.script[step] | changes

    def is_silent(self, step: str) -> None:
        self.script[step] = None

    def limit(self, step: str, limit: str) -> None:
        """The project's own copy of the drill, with another time limit for a step."""
        self._change(step, "    timeout: ", limit)

    def objective(self, wanted: str) -> None:
        self.drill.write_text(self._text().replace("{decision: 45m,", f"{{decision: {wanted},"), encoding="utf-8")

    @property
    def drill(self) -> Path:
        file = self.workshop.project / "drills" / f"{DRILL}.yml"
        if not file.exists():
            self.workshop.own_drill(DRILL)
        return file

    def run(self, *, meanwhile: Callable[[str], None] | None = None) -> None:
        """Run the drill while the participants play; `meanwhile` is told of the run once it asks for the decision."""
        started = self.workshop.start("run", DRILL, "--requester", REQUESTER, "--reason", "test", "--yes")
        try:
            with self._players():
                if meanwhile is not None:
                    meanwhile(self._deciding(started))
                started.wait()
        finally:
            started.kill()
            started.wait()

    def answer(self, run: str, *words: str, key: str | None = None) -> "subprocess.CompletedProcess[str]":
        """What a person types in another terminal."""
        given = [*words, *(["--key", str(self.keys / key)] if key else [])]
        command = self.workshop.command(given[0], run, *given[1:])
        return subprocess.run(command, cwd=self.workshop.project, capture_output=True, text=True, check=False)

    def box(self, run: str) -> Path:
        return self.workshop.project / ".reprise" / "answers" / run

    def _text(self) -> str:
        return self.drill.read_text(encoding="utf-8")

    def _change(self, step: str, key: str, value: str) -> None:
        head, mark, tail = self._text().partition(f"  - id: {step}\n")
        assert mark, step
        before, found, rest = tail.partition(key)
        self.drill.write_text(f"{head}{mark}{before}{found}{value}\n{rest.partition(chr(10))[2]}", encoding="utf-8")

    def _deciding(self, started: "subprocess.Popen[bytes]") -> str:
        """The run, once it waits for the decision, or is over."""
        asked = "the decision is never asked for"
        wait_until(lambda: started.poll() is not None or "decide" in self._waiting(), otherwise=asked)
        return self.workshop.latest.name

    def _waiting(self) -> set[str]:
        done = self.workshop.reprise("waiting", "--json")
        return {one["step"] for one in json.loads(done.out)}

    @contextmanager
    def _players(self) -> Iterator[None]:
        said = {step: _with_key(one, self.keys) for step, one in self.script.items()}
        script = self.workshop.project / "script.json"
        script.write_text(json.dumps(said), encoding="utf-8")
        command = [sys.executable, "-m", "tests.players", str(self.workshop.project), str(script)]
        players = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            players.kill()
            players.wait()


def _with_key(said: dict[str, Any] | None, keys: Path) -> dict[str, Any] | None:
    return said | {"key": str(keys / said["key"])} if said and "key" in said else said


@pytest.fixture
def crisis(tmp_path: Path) -> Crisis:
    project, keys = tmp_path / "project", tmp_path / "people"
    for directory in (project / "trust", keys):
        directory.mkdir(parents=True)
    text = PROJECT.format(account=getpass.getuser(), requester=REQUESTER)
    (project / "reprise.yml").write_text(text, encoding="utf-8")
    (project / "hosts.yml").write_text("all: {}\n", encoding="utf-8")
    for name in PEOPLE:
        file = str(keys / name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file], check=True)
    lines = [_allowed(name, keys) for name in PEOPLE if name != "stranger"]
    (project / "trust" / "people").write_text("".join(lines), encoding="utf-8")
    made = Crisis(workshop=Workshop(project=project), keys=keys)
    assert made.workshop.reprise("keys", "init").code == 0
    return made


def _allowed(name: str, keys: Path) -> str:
    kind, key, _ = (keys / f"{name}.pub").read_text(encoding="utf-8").split(" ", 2)
    return f'p-{name} namespaces="reprise" {kind} {key}\n'


def _tell(record: Record, planted: str, crisis: Crisis, expected: str) -> None:
    workshop = crisis.workshop
    causes = ", ".join(f"{code} {subject}".strip() for code, subject in sorted(workshop.findings))
    record(TABLE, (DRILL, planted, expected, workshop.judgement["verdict"], causes or "-"))


def _nobody_decides(crisis: Crisis) -> None:
    crisis.is_silent("decide")
    crisis.limit("decide", "2s")


def _refused(crisis: Crisis) -> None:
    crisis.says("decide", decision="refused", reason="the service comes back by itself")


def _not_reached(crisis: Crisis) -> None:
    crisis.says("call-dpo", decision="not-done", reason="the telephone was not answered")


def _too_late_for_the_law(crisis: Crisis) -> None:
    crisis.says("notify-cnil", values={"hours": "96"})


def _late(crisis: Crisis) -> None:
    crisis.objective("1ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, the verdict that must come out, and the cause that must be named."""

    name: str
    plant: Change
    verdict: str
    cause: tuple[str, str]


FAULTS = (
    Fault(name="nobody decides", plant=_nobody_decides, verdict="failed", cause=("nobody-answered", "decide")),
    Fault(name="decision refused", plant=_refused, verdict="failed", cause=("approval-refused", "decide")),
    Fault(name="role not reached", plant=_not_reached, verdict="failed", cause=("task-not-done", "call-dpo")),
    Fault(
        name="notification after its legal delay",
        plant=_too_late_for_the_law,
        verdict="failed",
        cause=("recovery-failed", "notify-cnil"),
    ),
    Fault(name="decision after its objective", plant=_late, verdict="failed", cause=("decision-missed", "decision")),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, crisis: Crisis, record_property: Record) -> None:
    fault.plant(crisis)
    crisis.run()
    _tell(record_property, fault.name, crisis, fault.verdict)
    assert crisis.workshop.judgement["verdict"] == fault.verdict, crisis.workshop.log.read_text(encoding="utf-8")
    assert fault.cause in crisis.workshop.findings


@pytest.mark.parametrize("under", CONDITIONS)
def test_an_honest_run_passes(under: str, crisis: Crisis, record_property: Record) -> None:
    with condition(under):
        crisis.run()
    _tell(record_property, f"nothing ({under})", crisis, "passed")
    assert crisis.workshop.judgement["verdict"] == "passed", crisis.workshop.log.read_text(encoding="utf-8")
    assert not crisis.workshop.findings
    verified = crisis.workshop.reprise("verify", crisis.workshop.latest / "bundle.zip")
    assert verified.code == 0, verified.out + verified.err
    assert "decide: granted by p-director as crisis-director, key SHA256:" in verified.out


GRANT = ("--role", "crisis-director", "--reason", "so be it", "--value", "plan=pra")


def test_an_answer_that_may_not_be_given_is_refused_and_the_step_still_waits(
    crisis: Crisis, record_property: Record
) -> None:
    """By another role, without a key, by the one who asked for the run, with a stranger's key: then the director's."""
    crisis.is_silent("decide")
    refusals: list[tuple[int, str]] = []
    second: list[tuple[int, str]] = []

    def meddle(run: str) -> None:
        attempts = (
            crisis.answer(run, "approve", "decide", *GRANT),
            crisis.answer(run, "approve", "decide", *GRANT, key="ciso"),
            crisis.answer(run, "approve", "decide", *GRANT, key="deputy"),
            crisis.answer(run, "approve", "decide", *GRANT, key="stranger"),
            crisis.answer(run, "approve", "decide", "--role", "ciso", *GRANT[2:], key="ciso"),
            crisis.answer(run, "answer", "decide", "--done", *GRANT, key="director"),
            crisis.answer(run, "approve", "decide", *GRANT[:4], key="director"),
        )
        refusals.extend((done.returncode, done.stderr) for done in attempts)
        good = crisis.answer(run, "approve", "decide", *GRANT, key="director")
        assert good.returncode == 0, good.stderr
        again = crisis.answer(run, "refuse", "decide", *GRANT[:4], key="director")
        second.append((again.returncode, again.stderr))

    crisis.run(meanwhile=meddle)
    _tell(record_property, "answers that may not be given, then the director's", crisis, "passed")
    wanted = (
        "asks for a signature with the person's own key",
        "p-ciso does not have the role crisis-director",
        "whoever asked for the run, or ran it, may not answer",
        "the plan knows nobody with this key",
        "the role ciso may not answer this step",
        "done is no answer to this step",
        "the value plan is asked for",
    )
    assert [code for code, _ in refusals] == [4] * len(wanted), refusals
    for (_, told), words in zip(refusals, wanted, strict=True):
        assert words in told
    assert second[0][0] == 4
    assert "answered already" in second[0][1]
    assert crisis.workshop.judgement["verdict"] == "passed"
    late = crisis.answer(crisis.workshop.latest.name, "approve", "decide", *GRANT, key="director")
    assert late.returncode == 4


def test_a_forged_or_replayed_answer_put_into_the_box_by_hand_does_not_count(
    crisis: Crisis, record_property: Record
) -> None:
    """What never went through the command: the answer of another run, and one whose words were changed afterwards."""
    crisis.run()
    earlier = crisis.box(crisis.workshop.latest.name) / "decide.json"
    crisis.is_silent("decide")

    def forge(run: str) -> None:
        box = crisis.box(run)
        replayed = json.loads(earlier.read_text(encoding="utf-8"))
        edited = json.loads(json.dumps(replayed))
        edited["statement"] |= {"run_id": run, "plan_sha256": _plan_digest(crisis)}
        unsigned = edited | {"signature": None}
        for number, forged in enumerate((replayed, edited, unsigned), start=1):
            box.mkdir(parents=True, exist_ok=True)
            draft = box / "draft"
            draft.write_text(json.dumps(forged, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
            draft.rename(box / "decide.json")
            wait_until(partial(_refused_times, crisis, number), otherwise="the run does not refuse it")
        # What may be answered still may be; and a refusal is what ends this run.
        assert crisis.answer(run, "refuse", "decide", *GRANT[:4], key="director").returncode == 0

    crisis.run(meanwhile=forge)
    _tell(record_property, "answer replayed, edited, stripped of its signature", crisis, "failed")
    assert _refused_of(crisis) == [
        "it answers another question: of another run, plan or step",
        "it is not signed with a key of p-director, or not for this answer",
        "this step asks for a signature with the person's own key",
    ]
    assert crisis.workshop.judgement["verdict"] == "failed"
    assert ("approval-refused", "decide") in crisis.workshop.findings


def _refused_of(crisis: Crisis) -> list[str]:
    return [event["why"] for event in crisis.workshop.events if event["type"] == "answer_refused"]


def _refused_times(crisis: Crisis, times: int) -> bool:
    return len(_refused_of(crisis)) == times


def _plan_digest(crisis: Crisis) -> str:
    first = (crisis.workshop.latest / "journal.jsonl").read_text(encoding="utf-8").splitlines()[0]
    digest: str = json.loads(first)["prev"]
    return digest


def test_an_answer_that_is_changed_in_the_bundle_is_found(crisis: Crisis) -> None:
    crisis.run()
    journal = crisis.workshop.latest / "journal.jsonl"
    text = journal.read_text(encoding="utf-8")
    changed = text.replace("the record will not be back", "the record would have been back", 1)
    assert changed != text
    journal.write_text(changed, encoding="utf-8")
    verified = crisis.workshop.reprise("verify", crisis.workshop.latest)
    assert verified.code == 5
    assert "NOT VALID" in verified.out


def test_a_stranger_does_not_run_what_separates_duties(crisis: Crisis) -> None:
    crisis.workshop.edit("reprise.yml", lambda text: text.replace(f", accounts: [{getpass.getuser()}]", "", 1))
    refused = crisis.workshop.reprise("run", DRILL, "--yes")
    assert refused.code == 2
    assert "is nobody's" in refused.err
    assert not (crisis.workshop.project / "runs").exists()
