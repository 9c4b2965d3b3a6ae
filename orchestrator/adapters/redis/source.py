"""How a drill names a Redis server: the keys that all its questions share."""

from orchestrator.adapters.network.place import ServerPlace, read_server_place
from orchestrator.adapters.probes.question import Question
from orchestrator.adapters.redis.session import PORTS


class RedisSource(Question):
    """`url: redis://user@host:6379/0`, and the password apart from it. `rediss` is TLS, judged by `ca-file`."""

    url: str
    password: str | None = None
    password_file: str | None = None
    ca_file: str | None = None

    def place(self) -> ServerPlace:
        """The server that is meant.

        Raises:
            ProbeError: The URL is none, or the password file cannot be used.
        """
        return read_server_place(self.url, ports=PORTS, password=self.password, password_file=self.password_file)
