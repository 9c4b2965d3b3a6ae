"""How a drill names a MariaDB or MySQL server: the keys that all its questions share."""

from orchestrator.adapters.mysql.session import PORTS
from orchestrator.adapters.network.place import ServerPlace, read_server_place
from orchestrator.adapters.probes.question import Question


class MysqlSource(Question):
    """`url: mysql://user@host:3306/database`, and the password apart from it. With `ca-file` the connection is TLS."""

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
