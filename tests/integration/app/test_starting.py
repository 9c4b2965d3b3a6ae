"""A new project: what is written, what is refused until somebody fills it in, and that nothing is ever overwritten."""

from pathlib import Path

import pytest

from orchestrator.adapters.inventory import read_inventory
from orchestrator.app.starting import Start, StartHost, parse_host, start_project
from orchestrator.core.definition import parse_drill
from orchestrator.errors import DefinitionError, UsageError
from orchestrator.project import load_project

HOSTS = (
    StartHost(name="spare", address="127.0.0.31", user="deploy", port=2222),
    StartHost(name="app", address="::1", user="root"),
)
KNOWN = Start(
    name="dpi-staging",
    organisation="Hôpital d'essai : « A »",
    hosts=HOSTS,
    production=("192.0.2.1:5432", "[2001:db8::1]:443"),
    never=("prod-*", "192.0.2.1"),
    ssh_key="/keys/id",
)


def test_what_is_known_is_written_as_it_was_said(tmp_path: Path) -> None:
    start_project(tmp_path / "new", KNOWN)
    project = load_project(tmp_path / "new").definition
    assert (project.name, project.organisation.name) == ("dpi-staging", "Hôpital d'essai : « A »")
    assert project.never == ("prod-*", "192.0.2.1", "2001:db8::1")
    assert project.production.endpoints == ("192.0.2.1:5432", "[2001:db8::1]:443")
    assert project.environment == {"RESTORED_URL": "http://127.0.0.31:8080/"}


def test_what_nobody_said_is_refused_place_by_place_with_what_to_put_there(tmp_path: Path) -> None:
    start_project(tmp_path, Start(name="x"))
    with pytest.raises(DefinitionError) as caught:
        load_project(tmp_path)
    faults = {fault.key: fault.hint for fault in caught.value.faults}
    assert set(faults) == {"organisation.name", "never.0", "production.endpoints.0", "environment.RESTORED_URL"}
    assert faults["organisation.name"] == "put there: the name of the organisation, as reports print it"
    assert all(fault.line for fault in caught.value.faults)


def test_hosts_that_nobody_described_are_refused_too(tmp_path: Path) -> None:
    start_project(tmp_path, KNOWN)
    with pytest.raises(DefinitionError) as caught:
        read_inventory(tmp_path / "inventory" / "hosts.yml")
    found = {tuple(fault.message.split(": ")[:2]) for fault in caught.value.faults}
    assert found == {(host.name, name) for host in HOSTS for name in ("backup_directory", "restored_documents")}


def test_a_described_inventory_has_each_host_below_the_staging_group(tmp_path: Path) -> None:
    start_project(tmp_path, KNOWN)
    file = tmp_path / "inventory" / "hosts.yml"
    lines = [
        line.partition('"REPLACE')[0] + "/x" if "REPLACE" in line else line for line in file.read_text().split("\n")
    ]
    file.write_text("\n".join(lines))
    found = {host.name: host for host in read_inventory(file).hosts}
    assert {name: host.groups for name, host in found.items()} == {
        "spare": ("restore_target", "staging"),
        "app": ("staging",),
    }
    assert (found["spare"].address, found["spare"].port) == ("127.0.0.31", 2222)
    assert (found["app"].address, found["app"].variables["ansible_user"]) == ("::1", "root")


def test_the_first_drill_can_be_meant_and_its_playbooks_are_there(tmp_path: Path) -> None:
    start_project(tmp_path, KNOWN)
    drill = parse_drill((tmp_path / "drills" / "first-restore.yml").read_text(), file="drills/first-restore.yml")
    assert all((tmp_path / "playbooks" / one.playbook).is_file() for one in drill.steps if hasattr(one, "playbook"))


def test_a_drill_that_comes_with_the_product_is_copied_as_it_is(tmp_path: Path) -> None:
    started = start_project(tmp_path, Start(name="x", drills=("redis-restore",)))
    assert "drills/redis-restore.yml" in started.written
    bundled = Path(__file__).parents[3] / "drills" / "redis-restore.yml"
    assert (tmp_path / "drills" / "redis-restore.yml").read_bytes() == bundled.read_bytes()


def test_a_drill_that_there_is_not_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no drill called nope"):
        start_project(tmp_path / "new", Start(name="x", drills=("nope",)))
    assert not (tmp_path / "new").exists()


def test_what_is_there_stays_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / ".gitignore").symlink_to("nowhere")
    started = start_project(tmp_path, Start(name="x"))
    assert started.kept == (".gitignore", "README.md")
    assert (tmp_path / "README.md").read_text() == "mine"
    assert (tmp_path / ".gitignore").is_symlink()


def test_a_project_is_never_started_over(tmp_path: Path) -> None:
    start_project(tmp_path, Start(name="x"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="a project here already"):
        start_project(tmp_path, KNOWN)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_keys_are_closed_to_others_and_kept_out_of_version_control(tmp_path: Path) -> None:
    start_project(tmp_path, Start(name="x"))
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert {"/keys/", "/.reprise/"} <= set((tmp_path / ".gitignore").read_text().splitlines())


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("spare=deploy@10.1.2.3", StartHost(name="spare", address="10.1.2.3", user="deploy")),
        ("a.b=u@[2001:db8::1]:22022", StartHost(name="a.b", address="2001:db8::1", user="u", port=22022)),
        ("spare=u@spare.example:2222", StartHost(name="spare", address="spare.example", user="u", port=2222)),
    ],
)
def test_a_host_is_read_as_people_name_it(text: str, host: StartHost) -> None:
    assert parse_host(text) == host


@pytest.mark.parametrize(
    "text", ["spare", "=10.1.2.3", "spare=", "spare=10.1.2.3:0", "spare=u@10.1.2.3:70000", "a b=c"]
)
def test_what_names_no_host_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="does not name a host"):
        parse_host(text)
