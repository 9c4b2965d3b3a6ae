"""Staging hosts of one's own, as bare as they come: an sshd on 127.0.0.0/8, a home, an account, nothing of ours."""

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.environment import extended_environment, prepared_environment
from orchestrator.lab.account import Account, ensure_account
from orchestrator.lab.tools import find_tools
from tests.scratch import free_port

_LOOKS = 500

_SETTINGS = """\
Port {port}
ListenAddress {address}
HostKey {home}/etc/ssh_host_ed25519_key
PidFile {home}/sshd.pid
AuthorizedKeysFile {home}/etc/authorized_keys
StrictModes no
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv LANG LC_*
PrintMotd no
PrintLastLog no
MaxStartups 100:30:200
ForceCommand {home}/etc/session
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHost:
    """A host: what somebody must know to log in, and its home, which is all of it that is its own."""

    name: str
    address: str
    port: int
    user: str
    home: Path
    key: Path
    """The private key that it accepts."""

    @property
    def place(self) -> str:
        """As `reprise init --host` takes it."""
        return f"{self.name}={self.user}@{self.address}:{self.port}"

    @property
    def fingerprint(self) -> str:
        """What the host says of its own key: `ssh-keygen -lf`, as somebody at its console runs it."""
        return _keygen("-lf", str(self.home / "etc" / "ssh_host_ed25519_key.pub")).split()[1]


@contextmanager
def own_hosts(addresses: Sequence[tuple[str, str]]) -> Iterator[tuple[OwnHost, ...]]:
    """Hosts by name and address, started, and ended and removed afterwards."""
    account = ensure_account()
    root = Path(tempfile.mkdtemp(prefix="reprise-own-"))
    root.chmod(0o755)
    try:
        key = root / "id_ed25519"
        _keygen("-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", str(key))
        with ExitStack() as stack:
            hosts = [_described(name, address, root=root, key=key, account=account) for name, address in addresses]
            for host in hosts:
                stack.enter_context(_running(host, account=account))
            yield tuple(hosts)
    finally:
        shutil.rmtree(root)


def _described(name: str, address: str, *, root: Path, key: Path, account: Account) -> OwnHost:
    port = free_port(address)
    return OwnHost(name=name, address=address, port=port, user=account.name, home=root / name, key=key)


@contextmanager
def _running(host: OwnHost, *, account: Account) -> Iterator[None]:
    _furnish(host, account=account)
    program = [find_tools().sshd, "-D", "-e", "-f", str(host.home / "etc" / "sshd_config")]
    command = [*account.prefix, f"exec env {_libraries()} {shlex.join(program)}"]
    log = (host.home / "sshd.log").open("wb")
    with log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_for(host, process)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait_for(host: OwnHost, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(_LOOKS):
        if (host.home / "sshd.pid").exists():
            return
        assert process.poll() is None, (host.home / "sshd.log").read_text()
        time.sleep(0.02)
    raise AssertionError(f"{host.name}: its sshd does not listen: {(host.home / 'sshd.log').read_text()}")


def _furnish(host: OwnHost, *, account: Account) -> None:
    etc = host.home / "etc"
    etc.mkdir(parents=True)
    _keygen("-q", "-t", "ed25519", "-N", "", "-C", host.name, "-f", str(etc / "ssh_host_ed25519_key"))
    (etc / "authorized_keys").write_bytes(host.key.with_suffix(".pub").read_bytes())
    (etc / "sshd_config").write_text(_SETTINGS.format(port=host.port, address=host.address, home=host.home))
    session = etc / "session"
    # All hosts share one machine and one account: a home of its own is what makes one of them.
    session.write_text(f'#!/bin/sh\nexport HOME={host.home}\ncd\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
    session.chmod(0o755)
    for path in (host.home, *host.home.rglob("*")):
        os.chown(path, account.user_id, account.group_id)


def _keygen(*arguments: str) -> str:
    environment = extended_environment(environ=os.environ, prepared=prepared_environment())
    command = [find_tools().ssh_keygen, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def _libraries() -> str:
    """Where the libraries of an sshd are that Debian's package manager did not install."""
    libraries = find_tools().libraries
    return f"LD_LIBRARY_PATH={shlex.quote(libraries)}" if libraries else ""
