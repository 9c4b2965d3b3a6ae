"""Where attempts live while they run: in memory, private to the account, found again after a crash by the run's name.

<base>/<run>/sockets/*/         kept SSH connections, by the host keys they were made with
<base>/<run>/attempt-*/         one directory per attempt under way; its file `mark` says which
"""

import hashlib
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

from orchestrator.errors import AnsibleError

_MARK = "mark"


def scratch_base() -> Path:
    """The directory of this account: in memory, so that no secret touches a disk, and with a short name, because a
    socket's path has 107 bytes at most and OpenSSH adds 17 to what it is told.
    """
    memory = Path("/dev/shm")  # noqa: S108 - what is made in it is looked at before it is used
    parent = memory if memory.is_dir() and os.access(memory, os.W_OK) else Path("/tmp")  # noqa: S108
    return parent / f"reprise-{os.geteuid()}"


def run_directory(base: Path, *, run_id: str) -> Path:
    """The directory of a run: the same for every process that knows its name."""
    return base / hashlib.sha256(run_id.encode()).hexdigest()[:12]


def open_run(base: Path, *, run_id: str) -> Path:
    """Make the run's directory, if it is not there yet, and return it.

    Raises:
        AnsibleError: It cannot be made, or somebody else made something of that name.
    """
    directory = run_directory(base, run_id=run_id)
    for path in (base, directory, sockets_of(directory)):
        try:
            with suppress(FileExistsError):
                path.mkdir(mode=0o700)
            found = path.lstat()
        except OSError as error:
            raise AnsibleError(f"{path} cannot be made: {error.strerror}", hint="is there space left?") from error
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise AnsibleError(f"{path} is not a private directory of this account", hint="look at it, then remove it")
    return directory


def sockets_of(directory: Path) -> Path:
    """Where the run's kept connections are."""
    return directory / "sockets"


def open_attempt(directory: Path, *, mark: str) -> Path:
    """A fresh private directory for one attempt."""
    attempt = Path(mkdtemp(prefix="attempt-", dir=directory))
    try:
        (attempt / _MARK).write_text(mark, encoding="utf-8")
    except OSError:
        close_attempt(attempt)
        raise
    return attempt


def close_attempt(attempt: Path) -> None:
    """Remove everything of an attempt. What is left of one that nobody closed says that it never ended."""
    shutil.rmtree(attempt, ignore_errors=True)


def keep_only_mark(attempt: Path) -> None:
    """Remove everything but the sign that something of the attempt may still run somewhere."""
    for path in attempt.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != _MARK:
            path.unlink(missing_ok=True)


def unended_marks(directory: Path) -> tuple[str, ...]:
    """The marks of attempts that nobody closed."""
    found = (path / _MARK for path in sorted(directory.glob("attempt-*")))
    return tuple(path.read_text(encoding="utf-8") for path in found if path.is_file())


def close_run(directory: Path) -> None:
    """Remove everything of a run."""
    shutil.rmtree(directory, ignore_errors=True)
