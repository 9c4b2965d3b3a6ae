"""A MariaDB server for one test module."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

from tests.integration.probes.servers import ENVIRONMENT, NOBODY, Server, program, scratch_directory
from tests.scratch import PASSWORD, free_port

ADDRESS = "127.0.0.1"


@dataclass(kw_only=True)
class MariaDb:
    """`owner` may do everything, `reader` reads the database `dpi`."""

    server: Server

    def url(self, *, user: str = "owner", password: str = PASSWORD, database: str = "dpi") -> str:
        return f"mysql://{user}:{password}@{ADDRESS}:{self.server.port}/{database}"

    def execute(self, *statements: str) -> tuple[tuple[Any, ...], ...]:
        """Every statement, committed; the rows of the last one."""
        connection = pymysql.connect(
            host=ADDRESS, port=self.server.port, user="owner", password=PASSWORD, autocommit=True
        )
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return tuple(cursor.fetchall())


@contextmanager
def mariadb(*options: str) -> Iterator[MariaDb]:
    """A server that is started, and ended and removed afterwards."""
    with scratch_directory() as directory:
        port = free_port(ADDRESS)
        _create(directory / "data")
        server = Server(
            command=[
                *_program("mariadbd"),
                f"--datadir={directory / 'data'}",
                f"--init-file={_accounts(directory)}",
                f"--socket={directory / 'socket'}",
                f"--pid-file={directory / 'pid'}",
                f"--bind-address={ADDRESS}",
                f"--port={port}",
                *options,
            ],
            directory=directory,
            port=port,
            ready=lambda: _lets_in(port),
        )
        try:
            server.start()
            yield MariaDb(server=server)
        finally:
            server.kill()


def _program(name: str) -> list[str]:
    """The program with what it reads: where Debian unpacked it, and none of the machine's own settings."""
    found = program(name)
    root = Path(found).resolve().parent.parent
    return [
        found,
        "--no-defaults",
        f"--lc-messages-dir={root / 'share/mysql'}",
        f"--character-sets-dir={root / 'share/mysql/charsets'}",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=16M",
        "--skip-name-resolve",
    ]


def _create(data: Path) -> None:
    base = Path(program("mariadbd")).resolve().parent.parent
    command = [program("mariadb-install-db"), "--no-defaults", f"--basedir={base}", f"--datadir={data}"]
    options = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, env=ENVIRONMENT, check=False, **NOBODY)
    assert done.returncode == 0, done.stdout + done.stderr


def _accounts(directory: Path) -> Path:
    file = directory / "accounts.sql"
    statements = (
        "create database if not exists dpi",
        f"create user if not exists owner@'%' identified by '{PASSWORD}'",
        "grant all on *.* to owner@'%' with grant option",
        f"create user if not exists reader@'%' identified by '{PASSWORD}'",
        "grant select on dpi.* to reader@'%'",
    )
    file.write_text("".join(f"{statement};\n" for statement in statements))
    file.chmod(0o644)
    return file


def _lets_in(port: int) -> bool:
    try:
        pymysql.connect(host=ADDRESS, port=port, user="owner", password=PASSWORD).close()
    except pymysql.OperationalError:
        return False
    return True
