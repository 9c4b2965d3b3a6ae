"""Servers that a test starts and ends by itself: below a directory of their own, on the machine's own address."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.environment import extended_environment, prepared_environment
from tests.patience import wait_until

NOBODY: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
"""Servers refuse to run as root, and a test that did would not see what others may not do."""

ENVIRONMENT = extended_environment(environ=os.environ, prepared=prepared_environment())


def program(name: str) -> str:
    """Where Debian's program is; a test that needs one that is missing fails and says which."""
    found = shutil.which(name, path=ENVIRONMENT["PATH"] + ":/usr/sbin:/sbin")
    assert found is not None, f"{name} is missing: script/setup test"
    return found


def debian_file(name: str, *, beside: str) -> Path:
    """A file that came with a program, wherever its package was unpacked."""
    root = Path(program(beside)).resolve().parent.parent.parent
    return next(
        place / name.removeprefix("/") for place in (root, Path("/")) if (place / name.removeprefix("/")).exists()
    )


def give(path: Path) -> None:
    """Let the servers have it."""
    if NOBODY:
        os.chown(path, NOBODY["user"], NOBODY["group"])


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory for a server, removed afterwards. Its name is short: sockets lie in it."""
    directory = Path(tempfile.mkdtemp(prefix="reprise-"))
    give(directory)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


@dataclass(kw_only=True)
class Server:
    """One process of a server, which can be frozen, killed and started again."""

    command: Sequence[str]
    directory: Path
    port: int
    ready: Callable[[], bool]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, and wait until it lets people in."""
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT, **NOBODY
            )
        wait_until(self._is_ready)

    def signal(self, number: int) -> None:
        """To the process, which has no children."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """At once, frozen or not."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.directory / "log").read_text(errors="replace")
        return self.ready()
