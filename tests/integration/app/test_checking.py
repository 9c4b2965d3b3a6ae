"""What `reprise check` says of the files that `reprise.yml` names, before any host is asked."""

from pathlib import Path

from orchestrator.app.checking import check_choices
from orchestrator.errors import ExitCode
from tests.integration.app.test_choices import OWN, project


def test_files_that_can_be_read_are_ready(tmp_path: Path) -> None:
    text = "privacy: {names: names}\ncatalogue: {files: [own.yml]}\n"
    loaded = project(tmp_path, text, **{"names": b"Jean Martin\n", "own.yml": OWN.encode()})
    assert [(one.subject, one.ok) for one in check_choices(loaded)] == [("privacy", True), ("catalogue", True)]


def test_each_file_that_is_not_there_is_named_with_its_place(tmp_path: Path) -> None:
    loaded = project(tmp_path, "privacy: {names: gone}\ncatalogue: {files: [gone.yml]}\n")
    answers = list(check_choices(loaded))
    assert [(one.subject, one.ok, one.exit_code) for one in answers] == [
        ("privacy", False, ExitCode.DEFINITION),
        ("catalogue", False, ExitCode.DEFINITION),
    ]
    assert "privacy.names: gone" in answers[0].detail
    assert "catalogue.files.0: gone.yml" in answers[1].detail
