"""The reader of production's repository, on a real SFTP server: what it copies, leaves out, and sees refused."""

import shlex
import shutil
import subprocess
from pathlib import Path

import jinja2
import pytest

from orchestrator.lab.stacks import choose_stacks
from orchestrator.lab.tools import find_tools
from orchestrator.plugins import bundled_content

SFTP_SERVER = find_tools(choose_stacks(())).sftp_server
TEMPLATE = "playbooks/postgresql/templates/read-production.sh.j2"
OLD, NEW = "000000010000000000000007", "000000010000000000000008"
LABEL = "20261124-020000F"
DIGEST = "0" * 40


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository as pgBackRest lays it out, with one backup and one segment; and another system's beside it."""
    root = tmp_path / "production"
    for name in (
        f"repository/backup/dpi/{LABEL}/backup.manifest",
        f"repository/backup/dpi/{LABEL}/bundle/1",
        "repository/backup/dpi/backup.info",
        "repository/archive/dpi/archive.info",
        f"repository/archive/dpi/15-1/{OLD[:16]}/{OLD}-{DIGEST}.zst",
        "repository/archive/other/archive.info",
        "erasures.txt",
    ):
        _write(root / name, name)
    return root


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


class Reader:
    """The script as it is installed, its access an SFTP server of this machine."""

    def __init__(self, directory: Path, production: Path, *, server: str) -> None:
        found = shutil.which("sftp")
        assert found, "openssh-client is missing"
        environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
        environment.filters["quote"] = shlex.quote
        text = (bundled_content() / TEMPLATE).read_text(encoding="utf-8")
        self.script = directory / "read-production"
        self.script.write_text(
            environment.from_string(text).render(
                production_sftp=f"{found} -q -b - -D {shlex.quote(server)}",
                production_repository=str(production / "repository"),
                production_ledger=str(production / "erasures.txt"),
                pgbackrest_command="/bin/true",
                pgbackrest_stanza="dpi",
            ),
            encoding="utf-8",
        )

    def __call__(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        command = ["/bin/sh", str(self.script), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def reader(tmp_path: Path, repository: Path) -> Reader:
    return Reader(tmp_path, repository, server=f"{SFTP_SERVER} -R")


def _names(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def test_the_stanza_is_copied_whole_and_no_other(reader: Reader, tmp_path: Path) -> None:
    done = reader("copy", tmp_path / "copy")

    assert done.returncode == 0, done.stderr
    assert _names(tmp_path / "copy") == {
        f"backup/dpi/{LABEL}/backup.manifest",
        f"backup/dpi/{LABEL}/bundle/1",
        "backup/dpi/backup.info",
        "archive/dpi/archive.info",
        f"archive/dpi/15-1/{OLD[:16]}/{OLD}-{DIGEST}.zst",
    }


def test_a_copy_is_made_anew_and_keeps_nothing_of_an_earlier_one(reader: Reader, tmp_path: Path) -> None:
    _write(tmp_path / "copy" / "backup" / "dpi" / "left", "of yesterday")
    assert reader("copy", tmp_path / "copy").returncode == 0
    assert "backup/dpi/left" not in _names(tmp_path / "copy")


def test_what_production_archived_since_is_left_out_in_any_order(
    reader: Reader, repository: Path, tmp_path: Path
) -> None:
    """Several processes archive at once: a segment may come after one that is newer."""
    assert reader("copy", tmp_path / "before").returncode == 0
    archive = repository / "repository" / "archive" / "dpi" / "15-1"
    later = "000000010000000100000001"
    for name in (NEW, "000000010000000000000006", later):
        _write(archive / name[:16] / f"{name}-{DIGEST}.zst", name)

    assert reader("as-of", tmp_path / "before", tmp_path / "after").returncode == 0

    assert _names(tmp_path / "after") == _names(tmp_path / "before")
    assert not (tmp_path / "after" / "archive" / "dpi" / "15-1" / later[:16]).exists()


@pytest.mark.parametrize(
    "name",
    [
        f"archive/dpi/15-1/0000000200000000/00000002{OLD[8:]}-{DIGEST}.zst",
        "archive/dpi/15-1/00000002.history",
        "backup/dpi/20261124-030000F/backup.manifest",
        "archive/dpi/anything",
    ],
)
def test_what_is_not_productions_own_wal_is_kept_and_so_found(
    name: str, reader: Reader, repository: Path, tmp_path: Path
) -> None:
    assert reader("copy", tmp_path / "before").returncode == 0
    _write(repository / "repository" / name, "of somebody else")

    assert reader("as-of", tmp_path / "before", tmp_path / "after").returncode == 0

    assert _names(tmp_path / "after") - _names(tmp_path / "before") == {name}


def test_what_production_is_writing_just_then_is_no_part_of_a_copy(
    reader: Reader, repository: Path, tmp_path: Path
) -> None:
    _write(repository / "repository" / "archive" / "dpi" / "15-1" / NEW[:16] / f"{NEW}.pgbackrest.tmp", "half")
    assert reader("copy", tmp_path / "copy").returncode == 0
    assert not any(name.endswith(".tmp") for name in _names(tmp_path / "copy"))


def test_without_wal_nothing_tells_what_is_productions_own(reader: Reader, repository: Path, tmp_path: Path) -> None:
    shutil.rmtree(repository / "repository" / "archive" / "dpi" / "15-1")
    assert reader("copy", tmp_path / "before").returncode == 0
    done = reader("as-of", tmp_path / "before", tmp_path / "after")
    assert done.returncode != 0
    assert "no WAL" in done.stderr


def test_the_ledger_is_read_and_an_empty_one_is_none(reader: Reader, repository: Path, tmp_path: Path) -> None:
    assert reader("ledger", tmp_path / "erasures.txt").returncode == 0
    assert (tmp_path / "erasures.txt").read_text(encoding="utf-8") == "erasures.txt"

    (repository / "erasures.txt").write_text("", encoding="utf-8")
    assert reader("ledger", tmp_path / "erasures.txt").returncode != 0


def test_a_read_only_access_refuses_every_attempt(reader: Reader, repository: Path) -> None:
    before = _names(repository)
    done = reader("write")
    assert (done.returncode, done.stdout) == (0, "")
    assert _names(repository) == before


def test_an_access_that_can_write_is_told_and_nothing_is_left_there(repository: Path, tmp_path: Path) -> None:
    before = set(repository.rglob("*"))
    done = Reader(tmp_path, repository, server=SFTP_SERVER)("write")
    assert done.returncode == 1
    assert done.stdout.split() == ["accepted:", "put", "accepted:", "mkdir", "accepted:", "symlink"]
    assert set(repository.rglob("*")) == before


def test_no_access_at_all_is_no_refusal(repository: Path, tmp_path: Path) -> None:
    assert Reader(tmp_path, repository, server="/bin/false")("write").returncode == 2


def test_a_repository_that_cannot_be_read_is_an_error(repository: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path, repository, server="/bin/false")
    done = reader("copy", tmp_path / "copy")
    assert done.returncode != 0
    assert "cannot be read" in done.stderr
    assert reader("catalogue", "info").returncode != 0


def test_the_catalogue_leaves_nothing_behind(reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    done = reader("catalogue", "repo-get", f"backup/dpi/{LABEL}/backup.manifest")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "tmp").iterdir()) == []
