"""`reprise init` at a terminal: it asks for what no option says, and asks again what it cannot read."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from orchestrator.project import load_project

REPRISE = str(Path(sys.executable).with_name("reprise"))


def _at_terminal(directory: Path, answers: str, *options: str) -> tuple[int, str]:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [REPRISE, "init", str(directory), *options], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        os.close(theirs)
        os.write(ours, answers.encode())
        assert process.stdout is not None
        shown = process.stdout.read().decode()
    os.close(ours)
    return process.returncode, shown


def test_each_answer_stands_in_the_files_and_a_host_is_asked_for_again_until_it_is_one(tmp_path: Path) -> None:
    answers = "Hôpital\nspare\nspare=root@127.0.0.9\n~/.ssh/drill\ndb.prod.example:5432\n"
    code, shown = _at_terminal(tmp_path / "new", answers)
    assert (code, "'spare' does not name a host" in shown) == (0, True), shown
    project = load_project(tmp_path / "new").definition
    assert (project.organisation.name, project.name) == ("Hôpital", "new")
    assert project.production.endpoints == ("db.prod.example:5432",)
    inventory = (tmp_path / "new" / "inventory" / "hosts.yml").read_text()
    assert '"127.0.0.9"' in inventory
    assert '"~/.ssh/drill"' in inventory


def test_nothing_is_asked_where_there_is_a_project_already(tmp_path: Path) -> None:
    (tmp_path / "reprise.yml").write_text("mine")
    code, shown = _at_terminal(tmp_path, "")
    assert (code, "there is a project here already" in shown) == (2, True)
    assert "Name of the organisation" not in shown
