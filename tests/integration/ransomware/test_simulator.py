"""The exercise's simulator: what it is let near it encrypts for real, and everything else it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.plugins import bundled_content

PROGRAM = bundled_content() / "playbooks" / "ransomware" / "files" / "simulate.py"
KEY = "00112233445566778899aabbccddeeff"
ENDING = ".reprise-locked"
CONTENT = {f"file-{number}.txt": f"content {number}\n" * 40 for number in range(40)}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A tree that carries the marker."""
    root = tmp_path / "deep" / "tree"
    (root / "below").mkdir(parents=True)
    for name, content in CONTENT.items():
        (root / "below" / name).write_text(content)
    (root / os.fsdecode(b"latin-\xe9\n name")).write_bytes(b"odd")
    (root / "empty").write_bytes(b"")
    marked(root)
    return root


def marked(root: Path, **changed: str) -> None:
    said = {"exercise": "ransomware", "project": "reprise-lab", "host": "documents"} | changed
    (root / ".reprise-ransomware-exercise.json").write_text(json.dumps(said))


def simulate(*arguments: str | Path, key: str = KEY) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", str(PROGRAM), *map(str, arguments)]
    told = f"{key}\nreprise-lab\ndocuments\n"
    return subprocess.run(command, input=told, capture_output=True, text=True, timeout=60, check=False)


def tree(root: Path) -> dict[bytes, bytes]:
    return {os.fsencode(file): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_it_encrypts_every_file_for_real_and_its_key_brings_all_back(place: Path) -> None:
    before = tree(place)
    done = simulate("encrypt", place, "100")
    assert json.loads(done.stdout) == {"encrypted_files": 42, "refused_files": 0}
    after = tree(place)
    locked = {name: content for name, content in after.items() if name.endswith(ENDING.encode())}
    assert len(locked) == 42
    assert all(content.startswith(b"REPRISE-EXERCISE-RANSOMWARE-1\n") for content in locked.values())
    assert not any(b"content" in content for content in locked.values())
    assert json.loads(simulate("decrypt", place).stdout) == {"decrypted_files": 42, "refused_files": 0}
    assert tree(place) == before


def test_a_larger_share_takes_the_same_files_and_others(place: Path) -> None:
    simulate("encrypt", place, "20")
    few = {name for name in tree(place) if name.endswith(ENDING.encode())}
    simulate("encrypt", place, "60", "note")
    more = {name for name in tree(place) if name.endswith(ENDING.encode())}
    assert few < more
    assert 0 < len(few) < len(more) < 42
    assert "EXERCICE" in (place / "LISEZ-MOI-REPRISE-EXERCICE.txt").read_text(encoding="utf-8")


def test_where_there_is_no_marker_it_touches_nothing(place: Path) -> None:
    (place / ".reprise-ransomware-exercise.json").unlink()
    refused(place)


@pytest.mark.parametrize(
    "changed", [{"exercise": "drill"}, {"project": "another"}, {"host": "production"}, {"more": "than it knows"}]
)
def test_the_marker_of_something_else_is_none(place: Path, changed: dict[str, str]) -> None:
    marked(place, **changed)
    refused(place)


def test_a_marker_that_is_a_link_is_none(place: Path, tmp_path: Path) -> None:
    marker = place / ".reprise-ransomware-exercise.json"
    marker.rename(tmp_path / "elsewhere.json")
    marker.symlink_to(tmp_path / "elsewhere.json")
    refused(place)


def test_a_marker_does_not_serve_for_what_is_above_or_below_it(place: Path) -> None:
    refused(place.parent)
    refused(place / "below")


def test_a_way_round_is_not_the_directory(place: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(place)
    refused(tmp_path / "link", seen=place)
    refused(place / "below" / "..", seen=place)


@pytest.mark.parametrize("root", ["/", "/home", "relative"])
def test_a_root_is_never_an_exercise(root: str) -> None:
    assert simulate("encrypt", root, "0").returncode == 1


def test_what_a_link_leads_to_is_left_alone(place: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file.txt").write_text("plain")
    (place / "to-directory").symlink_to(outside)
    (place / "to-file").symlink_to(outside / "file.txt")
    simulate("encrypt", place, "100")
    assert (outside / "file.txt").read_text() == "plain"
    assert [file.name for file in outside.iterdir()] == ["file.txt"]


def test_a_key_that_is_too_short_is_refused(place: Path) -> None:
    before = tree(place)
    assert simulate("encrypt", place, "100", key="0011").returncode == 1
    assert tree(place) == before


def refused(root: Path, *, seen: Path | None = None) -> None:
    before = tree(seen or root)
    done = simulate("encrypt", root, "100", "note")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("refused: ")
    assert tree(seen or root) == before
