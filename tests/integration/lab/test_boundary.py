"""What the lab's project declares of production: no host of it may be touched, and only its door be reached."""

from pathlib import Path

import yaml

from orchestrator.core.guard import matches_never
from orchestrator.core.plan import PinnedHost
from orchestrator.lab.account import Account
from orchestrator.lab.layout import Layout, build_layout
from orchestrator.lab.project import render
from orchestrator.lab.stacks import STACKS, stack_names
from orchestrator.lab.tools import Tools
from orchestrator.lab.variables import lab_variables
from orchestrator.plugins import bundled_content
from orchestrator.project import ProjectDefinition

TEMPLATES = bundled_content() / "playbooks" / "lab" / "templates"
PROGRAMS = (
    "sshd",
    "sftp_server",
    "ssh",
    "ssh_keygen",
    "postgresql_bin",
    "pgbackrest",
    "python",
    "programs",
    "libraries",
)
EVERYTHING = {program: f"/usr/sbin/{program}" for stack in STACKS for program in stack.programs}
TOOLS = Tools(**dict.fromkeys(PROGRAMS, "/usr/bin/true"), others=tuple(EVERYTHING.items()))
LAYOUT = build_layout(state=Path("/srv/lab"), user="somebody", stacks=stack_names())


def _rendered(name: str, layout: Layout = LAYOUT) -> str:
    account = Account(name="somebody", user_id=7, group_id=7, prefix=())
    lab = lab_variables(layout=layout, tools=TOOLS, account=account, data_megabytes=5, namespaces=None)
    return render(templates=TEMPLATES, name=name, lab=lab)


def _project(layout: Layout = LAYOUT) -> ProjectDefinition:
    return ProjectDefinition.model_validate(yaml.safe_load(_rendered("reprise.yml.j2", layout)))


def _of_production() -> list[PinnedHost]:
    inventory = yaml.safe_load(_rendered("inventory.yml.j2"))["all"]["children"]
    names = list(inventory["production"]["hosts"])
    addresses = {host.name: host.address for host in LAYOUT.hosts}
    return [
        PinnedHost(name=name, address=addresses[name], port=22, groups=("production",), host_key_sha256=None)
        for name in names
    ]


def test_every_host_without_a_marker_is_productions() -> None:
    marked = {host.name for host in LAYOUT.hosts if host.role.staging}
    assert {host.name for host in _of_production()} == {"production", "prod_db", "prod_backups"}
    assert marked.isdisjoint(host.name for host in _of_production())


def test_none_of_them_may_be_touched_by_whatever_name() -> None:
    never = _project().never
    for host in _of_production():
        assert any(matches_never(host, pattern) for pattern in never)
        renamed = host.model_copy(update={"name": "harmless", "groups": ("staging",)})
        assert any(matches_never(renamed, pattern) for pattern in never), host.name


def test_all_of_them_must_be_out_of_reach_but_the_door() -> None:
    hosts = {host.name: f"{host.address}:{LAYOUT.service_port}" for host in LAYOUT.hosts}
    assert set(_project().production.endpoints) == {hosts["production"], hosts["prod_db"]}


def test_a_lab_without_that_part_declares_what_it_always_did() -> None:
    plain = build_layout(state=Path("/srv/lab"), user="somebody")
    address = plain.host("production").address
    assert _project(plain).never == ("production", address)
    assert _project(plain).production.endpoints == (f"{address}:{plain.service_port}",)
