"""A PostgreSQL server for one test module: real, and free to be killed, frozen and started again."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from orchestrator.environment import extended_environment, prepared_environment
from orchestrator.lab.tools import find_tools

# PostgreSQL refuses to run as root.
_NOBODY: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
_SETTINGS = "fsync=off\nmax_connections=40\nunix_socket_directories=''\nlog_min_messages=fatal\n"
PASSWORD = "s3cret-word"

CLOSED_PORT = 1
"""Nobody listens there (tcpmux), and no client and no other test is ever given it."""

_FREE_PORTS = range(10_000, 20_000)
"""Below those of the lab and those that the kernel gives to clients: a server that was killed finds its own again."""


class ScratchServer:
    """One cluster below a directory of its own. Its superuser is `postgres`, its other role `reader`."""

    def __init__(self, directory: Path, *, address: str) -> None:
        self.data, self.address, self.port = directory / "data", address, free_port(address)
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = extended_environment(environ=os.environ, prepared=prepared_environment())
        self._create()

    def dsn(self, *, user: str = "postgres") -> str:
        return f"host={self.address} port={self.port} dbname=postgres user={user} password={PASSWORD}"

    def start(self) -> None:
        program = [f"{find_tools().postgresql_bin}/postgres", "-D", str(self.data)]
        log = (self._directory / "log").open("ab")
        with log:
            self._process = subprocess.Popen(program, stdout=log, stderr=log, env=self._environment, **_NOBODY)
        while True:
            try:
                psycopg.connect(self.dsn()).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self._directory / "log").read_text()
                time.sleep(0.01)

    def signal(self, number: int) -> None:
        """To the postmaster and to all its children, the postmaster first."""
        assert self._process is not None
        for pid in (self._process.pid, *self._children()):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """At once: frozen first, so that nobody notices that somebody else is dying."""
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGSTOP)
            self.signal(signal.SIGKILL)
            self._process.wait()
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._process = None

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Every statement, committed; the rows of the last one, if it has any."""
        connection = psycopg.connect(self.dsn(), autocommit=True)
        try:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def _children(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def _create(self) -> None:
        password = self._directory / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        program = [
            f"{find_tools().postgresql_bin}/initdb",
            "-D",
            str(self.data),
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
        ]
        options = ["-k", "--no-sync", "-E", "UTF8", "--locale=C", f"--pwfile={password}"]
        subprocess.run([*program, *options], check=True, capture_output=True, env=self._environment, **_NOBODY)
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(f"{_SETTINGS}port={self.port}\nlisten_addresses='{self.address}'\n")


def free_port(address: str) -> int:
    """A TCP port that a server of a test can listen on."""
    while True:
        port = secrets.choice(_FREE_PORTS)
        with socket.socket() as trial, suppress(OSError):
            trial.bind((address, port))
            return port


@contextmanager
def scratch_server(*, address: str = "127.0.0.1") -> Iterator[ScratchServer]:
    """A server that is started, and ended and removed afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="reprise-scratch-"))
    if _NOBODY:
        os.chown(directory, _NOBODY["user"], _NOBODY["group"])
    server = ScratchServer(directory, address=address)
    try:
        server.start()
        server.execute(f"create role reader login password '{PASSWORD}'")
        yield server
    finally:
        server.kill()
        shutil.rmtree(directory)
