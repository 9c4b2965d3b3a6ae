"""`script/setup` on a machine that it cannot help says in one line what to do, and leaves nothing half made."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that needs a package which no machine has."""
    copy = tmp_path / "a checkout"
    shutil.copytree(ROOT / "script", copy / "script")
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    (copy / "script" / "packages.txt").write_text("never-heard-of  program:never-heard-of  demo\n", encoding="utf-8")
    return copy


@pytest.fixture
def without_apt(tmp_path: Path) -> str:
    """A search path with all of the machine's programs but apt-get."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in (path for path in Path("/usr/bin").iterdir() if path.name != "apt-get"):
        (programs / program.name).symlink_to(program)
    return str(programs)


def setup(checkout: Path, *arguments: str, path: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "PATH": path}
    command = [str(checkout / "script" / "setup"), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_what_is_missing_is_said_in_one_line(checkout: Path, without_apt: str) -> None:
    done = setup(checkout, path=without_apt)
    assert done.returncode == 1
    lines = (done.stdout + done.stderr).splitlines()
    assert len(lines) == 1, lines
    assert lines[0].endswith("install what is missing with: sudo apt-get install never-heard-of")
    assert not (checkout / ".venv").exists()


def test_a_purpose_that_there_is_not_is_refused(checkout: Path, without_apt: str) -> None:
    done = setup(checkout, "everything", path=without_apt)
    assert done.returncode == 2
    assert "usage: script/setup [demo|stacks|test]" in done.stderr


def test_every_package_names_a_proof_and_a_purpose() -> None:
    text = (ROOT / "script" / "packages.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith(("#", "without:"))]
    assert len(lines) > 10
    for package, proof, purpose in lines:
        assert proof.split(":")[0] in ("program", "file", "library"), package
        assert purpose in ("demo", "stacks", "test"), package
