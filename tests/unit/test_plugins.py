"""Where content is found: the project first, then plug-ins, then what is bundled; and nothing outside of it."""

from pathlib import Path

import pytest

from orchestrator.core.canonical import sha256
from orchestrator.errors import ExitCode, UsageError
from orchestrator.plugins import (
    Origin,
    Source,
    bundled_content,
    content_sources,
    drill_names,
    find_drill,
    find_playbook,
    pin_content,
)


def _source(root: Path, origin: Origin, files: dict[str, str]) -> Source:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Source(root=root, origin=origin)


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Source, ...]:
    mine = {"drills/one.yml": "mine", "playbooks/pg/restore.yml": "mine", "playbooks/roles/r/tasks/main.yml": "role"}
    shipped = {"drills/one.yml": "theirs", "drills/two.yml": "theirs", "playbooks/pg/restore.yml": "theirs"}
    shipped |= {"playbooks/pg/lose.yml": "theirs", "playbooks/guard.yml": "theirs"}
    return _source(tmp_path / "p", "project", mine), _source(tmp_path / "b", "bundled", shipped)


def test_the_project_goes_before_what_is_bundled(sources: tuple[Source, ...]) -> None:
    assert find_drill("one", sources=sources)[0].read_text() == "mine"
    assert find_drill("two", sources=sources)[1] == "bundled"
    assert find_playbook("pg/restore.yml", sources=sources)[0].read_text() == "mine"
    assert find_playbook("pg/lose.yml", sources=sources)[1].origin == "bundled"
    assert drill_names(sources) == {"one", "two"}


def test_a_name_that_is_nothing_is_answered_with_what_there_is(sources: tuple[Source, ...]) -> None:
    with pytest.raises(UsageError, match="no drill called three") as caught:
        find_drill("three", sources=sources)
    assert caught.value.hint == "there are: one, two"
    assert caught.value.exit_code is ExitCode.USAGE
    with pytest.raises(UsageError, match=r"no playbook pg/none\.yml"):
        find_playbook("pg/none.yml", sources=sources)


@pytest.mark.parametrize("name", ["../drills/one.yml", "../../etc/passwd", "/etc/hostname", "pg/../../drills/one.yml"])
def test_no_playbook_is_outside_of_a_playbooks_directory(sources: tuple[Source, ...], name: str) -> None:
    with pytest.raises(UsageError):
        find_playbook(name, sources=sources)


def test_a_link_that_leads_outside_is_no_playbook(sources: tuple[Source, ...], tmp_path: Path) -> None:
    (tmp_path / "secret.yml").write_text("x")
    (sources[0].root / "playbooks" / "link.yml").symlink_to(tmp_path / "secret.yml")
    with pytest.raises(UsageError):
        find_playbook("link.yml", sources=sources)


@pytest.mark.parametrize("name", ["../playbooks/guard", "/etc/hostname"])
def test_no_drill_is_outside_of_a_drills_directory(sources: tuple[Source, ...], name: str) -> None:
    (sources[0].root / "playbooks" / "guard.yml").write_text("x")
    with pytest.raises(UsageError):
        find_drill(name, sources=sources)


def test_everything_that_a_playbook_can_read_is_pinned(sources: tuple[Source, ...]) -> None:
    pinned = pin_content({"pg/restore.yml": find_playbook("pg/restore.yml", sources=sources)})
    assert {(file.name, file.origin, file.sha256) for file in pinned} == {
        ("playbooks/pg/restore.yml", "project", sha256(b"mine")),
        ("playbooks/roles/r/tasks/main.yml", "project", sha256(b"role")),
    }


def test_what_is_pinned_does_not_depend_on_the_order(sources: tuple[Source, ...]) -> None:
    names = ["pg/restore.yml", "pg/lose.yml", "guard.yml"]
    found = [(name, find_playbook(name, sources=sources)) for name in names]
    assert pin_content(dict(found)) == pin_content(dict(reversed(found)))
    other = sources[0].root / "playbooks" / "pg" / "restore.yml"
    before = pin_content(dict(found))
    other.write_text("changed")
    assert pin_content(dict(found)) != before


def test_the_bundled_content_is_there(tmp_path: Path) -> None:
    assert (bundled_content() / "playbooks" / "guard.yml").is_file()
    found = content_sources(tmp_path)
    assert (found[0], found[-1]) == (
        Source(root=tmp_path, origin="project"),
        Source(root=bundled_content(), origin="bundled"),
    )
