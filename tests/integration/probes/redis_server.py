"""A Redis server for one test module, with accounts of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis

from tests.integration.probes.servers import Server, program, scratch_directory
from tests.scratch import PASSWORD, free_port

ADDRESS = "127.0.0.1"
_ACCOUNTS = (
    f"user default on >{PASSWORD} ~* &* +@all",
    f"user reader on >{PASSWORD} ~* resetchannels -@all +@read +@connection +info +role +lastsave +acl|list +acl|users"
    " +acl|whoami",
    f"user canary on >{PASSWORD} ~reprise:canary:* -@all +@connection +sadd +smembers +config|get",
)


@dataclass(kw_only=True)
class RedisServer:
    """`default` may do everything, `reader` reads, `canary` writes its own keys."""

    server: Server

    def url(self, *, user: str = "reader", password: str = PASSWORD, database: str = "0") -> str:
        return f"redis://{user}:{password}@{ADDRESS}:{self.server.port}/{database}"

    def execute(self, *command: str | int | bytes) -> Any:
        with redis.Redis(host=ADDRESS, port=self.server.port, password=PASSWORD) as client:
            return client.execute_command(*command)


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    """A server that is started, and ended and removed afterwards. It keeps each write before it answers it."""
    with scratch_directory() as directory:
        port = free_port(ADDRESS)
        accounts = directory / "users.acl"
        accounts.write_text("".join(f"{account}\n" for account in _ACCOUNTS))
        accounts.chmod(0o644)
        settings = {
            "bind": ADDRESS,
            "port": str(port),
            "dir": str(directory),
            "aclfile": str(accounts),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "enable-debug-command": "yes",
        }
        command = [
            program("redis-server"),
            *(word for name, value in settings.items() for word in (f"--{name}", value)),
        ]
        server = Server(command=[*command, *options], directory=directory, port=port, ready=lambda: _lets_in(port))
        try:
            server.start()
            yield RedisServer(server=server)
        finally:
            server.kill()


def _lets_in(port: int) -> bool:
    try:
        with redis.Redis(host=ADDRESS, port=port, password=PASSWORD) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False
