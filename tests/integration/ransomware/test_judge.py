"""What the playbooks' own search goes by: canary files as they are planted, and the judge of a recovery point."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.environment import extended_environment, prepared_environment
from orchestrator.plugins import bundled_content

FILES = bundled_content() / "playbooks" / "ransomware" / "files"
NOTE = "Tous vos fichiers ont été chiffrés. Envoyez des bitcoins.\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Documents with canary files, their list, and the rules."""
    documents = tmp_path / "documents"
    for name in ("courrier", "dossiers", "imagerie-du-jour"):
        (documents / name).mkdir(parents=True)
    (documents / "courrier" / "-odd name").write_text("letter")
    planted = run([sys.executable, "-I", str(FILES / "canaries.py"), str(documents), "run-1"])
    (tmp_path / "canaries").write_text(planted.stdout)
    (tmp_path / "rules").mkdir()
    for file in ("simulator.yar", "ransom_note.yar", "endings.txt"):
        shutil.copy(FILES / file, tmp_path / "rules")
    return tmp_path


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    environment = extended_environment(environ=os.environ, prepared=prepared_environment())
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def judge(place: Path) -> "subprocess.CompletedProcess[str]":
    return run(["sh", str(FILES / "judge.sh"), *(str(place / name) for name in ("documents", "canaries", "rules"))])


def test_nothing_is_said_of_a_clean_tree(place: Path) -> None:
    done = judge(place)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_canaries_are_those_of_the_run(place: Path) -> None:
    run([sys.executable, "-I", str(FILES / "canaries.py"), str(place / "documents"), "run-2"])
    assert judge(place).stdout == "canary-damaged\n"


def test_a_canary_that_is_gone_is_told(place: Path) -> None:
    (place / "documents" / "000-inventaire.csv").unlink()
    assert judge(place).stdout == "canary-damaged\n"


def test_a_note_is_known_by_its_words(place: Path) -> None:
    (place / "documents" / "courrier" / "lisez.txt").write_text(NOTE, encoding="utf-8")
    assert judge(place).stdout == "known-pattern\n"


def test_an_ending_is_known_in_any_case(place: Path) -> None:
    (place / "documents" / "courrier" / "lettre.pdf.LockBit").write_bytes(b"")
    assert judge(place).stdout == "renamed\n"


@pytest.mark.parametrize("lost", ["canaries", "rules/endings.txt", "rules/ransom_note.yar"])
def test_what_it_goes_by_and_has_not_is_an_error(place: Path, lost: str) -> None:
    file = place / lost
    file.write_text("rule broken {" if file.suffix == ".yar" else "")
    if file.suffix == ".txt":
        file.unlink()
    assert judge(place).returncode != 0


def test_a_tree_that_is_not_there_is_an_error(place: Path) -> None:
    shutil.rmtree(place / "documents")
    assert judge(place).returncode != 0
