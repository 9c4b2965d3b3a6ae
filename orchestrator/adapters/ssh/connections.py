"""One connection per host, opened when first needed and kept for the run. The only place that quotes for a shell."""

import hashlib
import shlex
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Never

import paramiko

from orchestrator.adapters.ssh.address import HostAddress
from orchestrator.adapters.ssh.exchange import ByteSink, exchange
from orchestrator.adapters.ssh.known_hosts import fingerprint, known_key, listed_name
from orchestrator.adapters.system import NeverStop
from orchestrator.core.ports import Stop
from orchestrator.errors import SshError, UnknownHostKeyError, UsageError

CONNECT_TIMEOUT_SECONDS = 10.0
OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024
_REACH_ADVICE = "is its sshd running, and the address right?"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What a command on a host came to. Its output never goes into a journal."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class SshConnections:
    """The connections of one run. Safe to use from several threads.

    Args:
        hosts: How to reach each host, by the name that drills use: its inventory name, or a group of one host.
        known_hosts: The project's own file; the user's is never read.
    """

    def __init__(self, *, hosts: Mapping[str, HostAddress], known_hosts: Path) -> None:
        self._hosts = dict(hosts)
        self.known_hosts = known_hosts
        self._clients: dict[HostAddress, paramiko.SSHClient] = {}
        self._locks = {address: Lock() for address in hosts.values()}

    @property
    def hosts(self) -> dict[str, HostAddress]:
        """How each host is reached, for a process that has to reach them by itself."""
        return dict(self._hosts)

    def address(self, host: str) -> HostAddress:
        """How a host is reached.

        Raises:
            SshError: The run knows no host of this name.
        """
        if host not in self._hosts:
            known = ", ".join(sorted(self._hosts)) or "none"
            raise SshError(f"no host is called {host}", hint=f"the hosts of this run: {known}")
        return self._hosts[host]

    def run(
        self, host: str, arguments: Sequence[str], *, timeout_us: int, stdin: bytes = b"", stop: Stop | None = None
    ) -> CommandResult:
        """Run one command to its end. An exit code that is not 0 is a value, not an error.

        Args:
            host: The name of the host.
            arguments: The program and its arguments, unquoted; no shell interprets them.
            timeout_us: How long it may take, in microseconds; it is ended there too when that has passed.
            stdin: What the command reads.
            stop: Ends the wait.

        Raises:
            UnknownHostKeyError: The host's key is not the known one.
            SshError: It could not be reached, did not end in time, or said more than 16 MiB.
        """
        stdout, stderr = ByteSink(limit=OUTPUT_LIMIT_BYTES), ByteSink(limit=OUTPUT_LIMIT_BYTES)
        exit_code = self._execute(
            host, arguments, timeout_us=timeout_us, stdin=stdin, sinks=(stdout, stderr), stop=stop
        )
        return CommandResult(exit_code=exit_code, stdout=stdout.content, stderr=stderr.content)

    def sha256(self, host: str, arguments: Sequence[str], *, timeout_us: int) -> tuple[int, str, int]:
        """Run one command and digest what it writes, however much that is: exit code, SHA-256, count of bytes.

        Raises:
            UnknownHostKeyError: The host's key is not the known one.
            SshError: It could not be reached or did not end in time.
        """
        digest = hashlib.sha256()
        stdout, stderr = ByteSink(limit=None, digest=digest), ByteSink(limit=OUTPUT_LIMIT_BYTES)
        exit_code = self._execute(host, arguments, timeout_us=timeout_us, stdin=b"", sinks=(stdout, stderr), stop=None)
        return exit_code, digest.hexdigest(), stdout.count

    def host_key_sha256(self, host: str) -> str:
        """The fingerprint of the key that the host answered with, as OpenSSH prints it (`SHA256:...`)."""
        return fingerprint(self._transport(self.address(host)).get_remote_server_key())

    def open(self, host: str, arguments: Sequence[str], *, timeout_us: int) -> paramiko.Channel:
        """Start a command and talk with it over its channel, which the caller closes."""
        address = self.address(host)
        try:
            channel = self._transport(address).open_session(timeout=timeout_us / 1_000_000)
            channel.settimeout(timeout_us / 1_000_000)
            channel.exec_command(shlex.join(arguments))
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise SshError(f"host {address.name}: {arguments[0]} could not be started: {words_of(error)}") from error
        return channel

    def close(self) -> None:
        """End every connection. Can be called again; a later use connects again."""
        for address, lock in self._locks.items():
            with lock:
                client = self._clients.pop(address, None)
                if client is not None:
                    client.close()

    def _execute(
        self,
        host: str,
        arguments: Sequence[str],
        *,
        timeout_us: int,
        stdin: bytes,
        sinks: tuple[ByteSink, ByteSink],
        stop: Stop | None,
    ) -> int:
        channel = self.open(host, _bounded(arguments, timeout_us=timeout_us), timeout_us=timeout_us)
        name = f"host {self.address(host).name}: {arguments[0]}"
        try:
            return exchange(
                channel, name=name, stdin=stdin, sinks=sinks, timeout_us=timeout_us, stop=stop or NeverStop()
            )
        finally:
            channel.close()

    def _transport(self, address: HostAddress) -> paramiko.Transport:
        with self._locks[address]:
            client = self._clients.get(address)
            transport = client.get_transport() if client else None
            if transport is None or not transport.is_active():
                if client is not None:
                    client.close()
                client = self._clients[address] = self._connect(address)
                transport = client.get_transport()
        if transport is None:
            raise SshError(f"host {address.name}: the connection was lost")
        return transport

    def _connect(self, address: HostAddress) -> paramiko.SSHClient:
        client, connected = self._client(address), open_socket(address.name, address=address.address, port=address.port)
        try:
            client.connect(
                address.address,
                port=address.port,
                username=address.user,
                key_filename=str(address.key_file) if address.key_file else None,
                allow_agent=False,
                look_for_keys=False,
                banner_timeout=CONNECT_TIMEOUT_SECONDS,
                auth_timeout=CONNECT_TIMEOUT_SECONDS,
                sock=connected,
            )
        except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
            client.close()
            connected.close()
            raise self._explained(address, error) from error
        return client

    def _client(self, address: HostAddress) -> paramiko.SSHClient:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_Refuse())
        try:
            # Only the key that the plan pins, of several that a host may have listed: it is the one asked for.
            key = known_key(self.known_hosts, address=address.address, port=address.port)
        except UsageError as error:
            raise UnknownHostKeyError(f"host {address.name}: {error}", hint=error.hint) from error
        if key is not None:
            name = listed_name(address.address, port=address.port)
            client.get_host_keys().add(name, key.get_name(), key)
        return client

    def _explained(self, address: HostAddress, error: Exception) -> SshError:
        """The error as a person can act on it."""
        place = f"host {address.name} ({address.address} port {address.port})"
        advice = f"`reprise hosts trust {address.name}` shows the one that it has, to be compared with the host's own"
        match error:
            case paramiko.BadHostKeyException():
                return UnknownHostKeyError(
                    f"{place}: it answered with another key than the one in {self.known_hosts}", hint=advice
                )
            case _UnlistedKeyError():
                return UnknownHostKeyError(f"{place}: its key is not in {self.known_hosts}", hint=advice)
            case paramiko.AuthenticationException():
                return SshError(f"{place}: user {address.user} was not let in", hint=_login_advice(address))
            case _:
                return SshError(f"{place}: {words_of(error)}", hint=_REACH_ADVICE)


class _UnlistedKeyError(paramiko.SSHException):
    """The known_hosts file has no key for this address. Never leaves this module."""


class _Refuse(paramiko.RejectPolicy):
    """RejectPolicy with an error that can be told from every other one of paramiko's."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> Never:  # noqa: ARG002
        raise _UnlistedKeyError(hostname)


def open_socket(host: str, *, address: str, port: int) -> socket.socket:
    """A TCP connection to where the SSH of a host answers.

    Raises:
        SshError: Nothing answers there.
    """
    try:
        connected = socket.create_connection((address, port), timeout=CONNECT_TIMEOUT_SECONDS)
    except OSError as error:
        raise SshError(f"host {host} ({address} port {port}): {words_of(error)}", hint=_REACH_ADVICE) from error
    # Without it a small exchange waits for Nagle and a delayed acknowledgement: 47 ms instead of 6.
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def _bounded(arguments: Sequence[str], *, timeout_us: int) -> list[str]:
    """Closing a channel ends nothing on the host, so the host itself ends what outlives us, one second later."""
    return ["timeout", "--kill-after=1", f"{timeout_us / 1_000_000 + 1:.3f}", *arguments]


def _login_advice(address: HostAddress) -> str:
    key = address.key_file or "the key"
    return f"does {address.user} on the host accept {key} (authorized_keys)?"


def words_of(error: Exception) -> str:
    """The operating system's own words where it has any, and never more than one line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text.splitlines() or [type(error).__name__])[0][:120] or type(error).__name__
