"""An OpenLDAP server for one test module, with a small staff of its own."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.adapters.ldap.library import SIMPLE, Connection
from orchestrator.adapters.ldap.library import Server as LibraryServer
from tests.integration.probes.servers import ENVIRONMENT, NOBODY, Server, debian_file, give, program, scratch_directory
from tests.scratch import PASSWORD, free_port

ADDRESS = "127.0.0.1"
SUFFIX = "dc=hopital,dc=example"
OWNER, READER, CANARY = (f"cn={name},{SUFFIX}" for name in ("owner", "reader", "canary"))
PEOPLE, MARKERS = f"ou=people,{SUFFIX}", f"ou=markers,{SUFFIX}"
PERSON = f"uid=fictif-1,{PEOPLE}"

_CONFIG = f"""\
include {{schema}}/core.schema
include {{schema}}/cosine.schema
include {{schema}}/inetorgperson.schema
modulepath {{modules}}
moduleload back_mdb
pidfile {{directory}}/pid
{{tls}}
database mdb
directory {{directory}}/data
maxsize 16777216
suffix "{SUFFIX}"
rootdn "{OWNER}"
rootpw {PASSWORD}
index objectClass,serialNumber eq
limits dn.exact="{READER}" size=unlimited
access to attrs=userPassword by dn.exact="{READER}" read by anonymous auth by * none
access to dn.subtree="{MARKERS}" by dn.exact="{CANARY}" write by dn.exact="{READER}" read by * none
access to * by users read by * none
"""


@dataclass(kw_only=True)
class LdapServer:
    """`OWNER` may do everything, `READER` reads, `CANARY` writes markers; each with the same password."""

    server: Server

    @property
    def url(self) -> str:
        return f"ldap://{ADDRESS}:{self.server.port}"

    def source(self, account: str = READER) -> dict[str, Any]:
        return {"url": self.url, "bind_dn": account, "password": PASSWORD}

    @contextmanager
    def owner(self) -> Iterator[Connection]:
        """The library's own connection, for what a test changes."""
        connection = Connection(LibraryServer(ADDRESS, self.server.port), OWNER, PASSWORD, authentication=SIMPLE)
        assert connection.bind()
        try:
            yield connection
        finally:
            connection.unbind()


@contextmanager
def ldap_server(*, people: int = 3, certificate: Path | None = None) -> Iterator[LdapServer]:
    """A server that is started, and ended and removed afterwards.

    Args:
        people: How many there are, `uid=fictif-<number>`, each with its number as password.
        certificate: A certificate with its key, which it shows.
    """
    with scratch_directory() as directory:
        port = free_port(ADDRESS)
        (directory / "data").mkdir()
        give(directory / "data")
        config = directory / "slapd.conf"
        config.write_text(
            _CONFIG.format(
                schema=debian_file("/etc/ldap/schema", beside="slapd"),
                modules=debian_file("/usr/lib/ldap", beside="slapd"),
                directory=directory,
                tls=_tls(directory, certificate),
            )
        )
        config.chmod(0o644)
        _load(config, _staff(people))
        command = [program("slapd"), "-d", "0", "-f", str(config), "-h", f"ldap://{ADDRESS}:{port}/"]
        server = Server(command=command, directory=directory, port=port, ready=lambda: _lets_in(port))
        try:
            server.start()
            yield LdapServer(server=server)
        finally:
            server.kill()


def _tls(directory: Path, certificate: Path | None) -> str:
    if certificate is None:
        return ""
    own = directory / "certificate.pem"
    own.write_bytes(certificate.read_bytes())
    give(own)
    return f"TLSCertificateFile {own}\nTLSCertificateKeyFile {own}"


def _load(config: Path, ldif: str) -> None:
    command = [program("slapd"), "-T", "add", "-q", "-f", str(config)]
    subprocess.run(command, input=ldif.encode(), check=True, capture_output=True, env=ENVIRONMENT, **NOBODY)


def _staff(people: int) -> str:
    entries = [f"dn: {SUFFIX}\nobjectClass: domain\ndc: hopital\n"]
    entries += [f"dn: {base}\nobjectClass: organizationalUnit\n" for base in (PEOPLE, MARKERS)]
    entries += [
        f"dn: {account}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\nuserPassword: {PASSWORD}\n"
        for account in (READER, CANARY)
    ]
    entries += [
        f"dn: uid=fictif-{number},{PEOPLE}\nobjectClass: inetOrgPerson\ncn: Personne Fictive {number}\nsn: Fictive\n"
        f"departmentNumber: {number % 2}\nuserPassword: {number}\n"
        for number in range(1, people + 1)
    ]
    return "\n".join(entries)


def _lets_in(port: int) -> bool:
    """It listens once its databases are open."""
    with socket.socket() as trial:
        return trial.connect_ex((ADDRESS, port)) == 0
