"""docs/tutorial/first-project.md, carried out as a newcomer would on hosts of his own, to a drill that is planned."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.handbook import Reader, read_blocks
from tests.own_hosts import OwnHost, own_hosts
from tests.workshop import Done, Workshop

pytestmark = pytest.mark.timeout(1_800)

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorial" / "first-project.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """Where the newcomer has come to."""

    said: str
    workshop: Workshop
    spare: OwnHost
    app: OwnHost
    restored: Path


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    directory = tmp_path_factory.mktemp("newcomer")
    # Addresses of this process alone: the drill's port is a fixed one.
    network = f"127.{64 + os.getpid() % 64}.{os.getpid() // 64 % 256}"
    with own_hosts((("spare", f"{network}.1"), ("app", f"{network}.2"))) as (spare, app):
        values = _values(spare, app, ssh=_ssh(directory, (spare, app)))
        reader = Reader(directory=directory, settings=values)
        said = "".join(reader.follow(block) for block in read_blocks(TUTORIAL.read_text(encoding="utf-8")))
        workshop = Workshop(project=directory / "drills")
        yield Walked(said=said, workshop=workshop, spare=spare, app=app, restored=Path(values["restored"]))


def _values(spare: OwnHost, app: OwnHost, *, ssh: str) -> dict[str, str]:
    root = spare.home.parent
    return {
        "spare": spare.place.partition("=")[2],
        "app": app.place.partition("=")[2],
        "key": str(spare.key),
        "production": "127.0.0.1:1",
        "documents": str(app.home / "srv" / "documents"),
        # A share: what one host writes the other reads.
        "backups": str(app.home / "srv" / "backups"),
        "restored": str(spare.home / "restored"),
        "marker": str(root / "{host}" / "reprise-staging.json"),
        "ssh": ssh,
        "sudo": "",
        "spare_fingerprint": spare.fingerprint,
        "app_fingerprint": app.fingerprint,
    }


def _ssh(directory: Path, hosts: tuple[OwnHost, ...]) -> str:
    """What the reader's `~/.ssh/config` and known hosts would say."""
    config, known = directory / "ssh_config", directory / "known"
    lines = [f"Host {host.name}\n  HostName {host.address}\n  Port {host.port}\n  User {host.user}\n" for host in hosts]
    config.write_text(
        "".join(lines)
        + f"Host *\n  IdentityFile {hosts[0].key}\n  UserKnownHostsFile {known}\n  StrictHostKeyChecking accept-new\n"
    )
    return f"ssh -q -F {config}"


def test_the_drill_passed_and_its_report_is_what_the_journal_says(walked: Walked) -> None:
    assert walked.workshop.judgement["verdict"] == "passed", walked.said
    (report,) = walked.workshop.project.glob("runs/*/report.pdf")
    assert walked.workshop.reprise("verify", report).code == 0


def test_what_was_restored_was_destroyed(walked: Walked) -> None:
    assert not walked.restored.exists()


def test_only_one_run_was_begun_and_the_dry_run_left_nothing(walked: Walked) -> None:
    assert "nothing was changed, entered or kept" in walked.said
    runs = [path for path in (walked.workshop.project / "runs").iterdir() if not path.name.startswith(".")]
    assert len(runs) == 1
    assert [event["type"] for event in _entered(walked) if event["type"].startswith("drill_s")] == ["drill_started"]


def test_the_next_date_is_planned_in_the_register(walked: Walked) -> None:
    planned = [event for event in _entered(walked) if "planned" in event["type"]]
    assert planned, _entered(walked)
    due = walked.workshop.reprise("due", "--json")
    assert due.code == 0
    assert "first-restore" in due.out


def test_hosts_are_ready_in_the_end(walked: Walked) -> None:
    assert "2 of 2 staging hosts ready" in walked.said


def _on_app(walked: Walked, *arguments: str, url: str) -> Done:
    """Another target, for which the address that the drill watches must be given too."""
    return walked.workshop.reprise("run", "first-restore", "--target", "app", *arguments, RESTORED_URL=url)


def test_another_target_is_refused_while_a_connection_leads_to_the_first_one(walked: Walked) -> None:
    done = _on_app(walked, "--dry-run", url=f"http://{walked.spare.address}:8080/")
    assert done.code == 4, done.out
    assert f"{walked.spare.address} is no host of this drill" in done.out


def test_another_target_stands_for_the_drills_and_the_plan_seals_it(walked: Walked) -> None:
    done = _on_app(walked, "--yes", url=f"http://{walked.app.address}:8080/")
    assert done.code == 0, done.out + done.err
    plan = json.loads((walked.workshop.latest / "plan.json").read_text())
    assert (plan["target"], [host["name"] for host in plan["hosts"]]) == ("app", ["app"])
    (report,) = walked.workshop.latest.glob("report.pdf")
    assert walked.workshop.reprise("verify", report).code == 0


def test_a_target_outside_of_staging_and_an_unknown_parameter_are_refused(walked: Walked) -> None:
    nobody = walked.workshop.reprise("run", "first-restore", "--target", "nobody", "--dry-run")
    assert (nobody.code, "no host of the inventory is, or is in, nobody" in nobody.err) == (2, True)
    unknown = walked.workshop.reprise("run", "first-restore", "--set", "rto=4h", "--dry-run")
    assert (unknown.code, "the drill has no parameter rto" in unknown.err) == (2, True)


def _entered(walked: Walked) -> list[dict[str, str]]:
    assert walked.workshop.reprise("register", "verify").code == 0
    shown = walked.workshop.reprise("register", "show", "--json")
    return [json.loads(line)["event"] for line in shown.out.splitlines() if line.startswith("{")]
