"""Every way to point a drill at what it must not touch: refused, nothing touched, and the refusal is evidence."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.lab import Layout
from orchestrator.lab.processes import lab_processes
from tests.workshop import DRILL, Workshop


@pytest.fixture(autouse=True)
def untouched(lab: Layout) -> Iterator[None]:
    """The source keeps its very processes, and nobody logs in to production."""
    before, production = postmasters(lab), logins(lab, "production")
    yield
    assert postmasters(lab) == before
    assert logins(lab, "production") == production


def postmasters(lab: Layout) -> set[int]:
    found = {process.pid for process in lab_processes(lab) if process.host == "source" and process.name == "postgres"}
    roots = {int((lab.host("source").directory / "data" / lab.database / "postmaster.pid").read_text().split()[0])}
    assert roots <= found
    return roots


def logins(lab: Layout, host: str) -> int:
    return (lab.host(host).directory / "log" / "sshd.log").read_text().count("Accepted publickey")


def refused(workshop: Workshop, *words: str) -> None:
    done = workshop.run()
    assert done.code == 4, done.out + done.err
    assert workshop.judgement["verdict"] == "aborted"
    reasons = [reason for event in workshop.events if event["type"] == "guard_decided" for reason in event["reasons"]]
    assert any(all(word in reason for word in words) for reason in reasons), reasons
    assert not [event for event in workshop.events if event["type"] == "step_started"]
    assert (workshop.latest / "report.pdf").exists()


def drill_with(workshop: Workshop, before: str, after: str) -> None:
    workshop.own_drill()
    workshop.edit(f"drills/{DRILL}.yml", lambda text: text.replace(before, after))


def test_production_as_a_target(workshop: Workshop) -> None:
    drill_with(workshop, "targets: restore_target", "targets: production")
    refused(workshop, "production", "declared-staging")


def test_a_target_on_the_never_list(workshop: Workshop) -> None:
    workshop.edit("reprise.yml", lambda text: text.replace('never: ["production"', 'never: ["res*", "production"'))
    refused(workshop, "restore", "not-on-never-list")


def test_production_under_another_name_in_a_staging_group(workshop: Workshop, lab: Layout) -> None:
    address = lab.host("production").address
    workshop.edit(
        "inventory/lab.yml",
        lambda text: text.replace(f"ansible_host: {lab.host('restore').address}", f"ansible_host: {address}"),
    )
    refused(workshop, "restore", "not-on-never-list", address)


def test_a_host_whose_key_nobody_knows(workshop: Workshop, lab: Layout) -> None:
    address = lab.host("restore").address
    workshop.edit(
        "trust/known_hosts", lambda text: "".join(line for line in text.splitlines(True) if address not in line)
    )
    refused(workshop, "restore", "host-key-known")


def test_a_host_that_answers_with_another_key(workshop: Workshop, lab: Layout) -> None:
    def exchanged(text: str) -> str:
        keys = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line}
        restore, source = (next(n for n in keys if lab.host(h).address in n) for h in ("restore", "source"))
        keys[restore] = keys[source]
        return "".join(f"{name} {' '.join(key)}\n" for name, key in keys.items())

    workshop.edit("trust/known_hosts", exchanged)
    refused(workshop, "restore", "host-key-known")


@pytest.mark.parametrize("content", [None, "{}", '{"project": "another", "group": "staging", "host": "restore"}'])
def test_a_host_without_the_marker_of_this_project(workshop: Workshop, lab: Layout, content: str | None) -> None:
    marker = lab.host("restore").directory / "etc" / "reprise-marker.json"
    before = marker.read_bytes()
    try:
        if content is None:
            marker.unlink()
        else:
            marker.write_text(content)
        refused(workshop, "restore", "marker-matches")
    finally:
        marker.write_bytes(before)


def test_a_host_from_which_production_answers(workshop: Workshop, lab: Layout) -> None:
    with socket.create_server((lab.host("production").address, lab.service_port)):
        refused(workshop, "production-unreachable")


def test_a_connection_string_that_leads_elsewhere(workshop: Workshop, lab: Layout) -> None:
    production = lab.host("production").address
    source = lab.host("source").address
    workshop.edit(
        "reprise.yml", lambda text: text.replace(f'SOURCE_DSN: "host={source}', f'SOURCE_DSN: "host={production}')
    )
    refused(workshop, "SOURCE_DSN", "endpoint-is-staging", production)


@pytest.mark.parametrize(
    "play",
    [
        "- hosts: production\n  gather_facts: false\n  tasks: [{ansible.builtin.raw: 'true'}]\n",
        "- hosts: all\n  gather_facts: false\n  tasks: [{ansible.builtin.raw: 'true', delegate_to: production}]\n",
        (
            "- hosts: restore_target\n  gather_facts: false\n  tasks:\n"
            "    - {ansible.builtin.raw: 'true', delegate_to: ADDRESS, vars: {ansible_port: PORT}}\n"
        ),
    ],
    ids=["hosts", "delegate-by-name", "delegate-by-address"],
)
def test_a_playbook_that_names_production_reaches_nobody(workshop: Workshop, lab: Layout, play: str) -> None:
    """Allowed by the guard, for its targets are right; the playbook is not, and the adapter gives it nobody."""
    (workshop.project / "playbooks").mkdir(exist_ok=True)
    text = play.replace("ADDRESS", lab.host("production").address).replace("PORT", str(lab.ssh_port))
    Path(workshop.project / "playbooks" / "guard.yml").write_text(text)

    done = workshop.run()

    assert done.code in (1, 3), done.out + done.err
    assert workshop.judgement["verdict"] == "inconclusive"
    assert not [e for e in workshop.events if e["type"] == "step_started" and e["step"] == "lose"]
