"""Three real sshd on loopback addresses: two that the plan names, and one that plays production."""

import os
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.adapters.ansible import AnsibleRunner
from orchestrator.adapters.ssh import HostAddress, SshConnections
from orchestrator.adapters.ssh.known_hosts import known_fingerprint
from orchestrator.adapters.system import StopRequest
from orchestrator.core.events import ClaimMade, Event, PlaybookFinished, TaskObserved
from orchestrator.core.model import Phase, Scalar
from orchestrator.core.plan import PinnedHost
from orchestrator.core.ports import PlaybookAct
from orchestrator.core.step_definition import PlaybookStep
from orchestrator.environment import extended_environment, prepared_environment
from orchestrator.lab import default_state
from orchestrator.lab.account import ensure_account
from orchestrator.lab.tools import find_tools
from tests.patience import PATIENCE_SECONDS, wait_until
from tests.scratch import free_port

# Of this session alone: a sweep ends whatever carries the mark of its run, and all hosts are this one machine.
RUN = f"20261123T020000Z-ansible-{os.getpid():04x}"


def long_sleep(number: int) -> int:
    """So many seconds, years of them, as no other test of any session on this machine sleeps."""
    return number * 1_000_000_000 + os.getpid() * 10


ADDRESSES = {"alpha": "127.77.7.1", "beta": "127.77.7.2", "production": "127.77.7.3"}
GROUPS = {"alpha": ("staging", "databases"), "beta": ("staging",), "production": ("live",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The hosts, and the project files that name them."""

    directory: Path
    port: int
    inventory: Path
    known_hosts: Path
    private_key: Path
    user: str

    def home(self, host: str) -> Path:
        return self.directory / "hosts" / host

    def log(self, host: str) -> str:
        return (self.home(host) / "log").read_text(encoding="utf-8")

    def pinned(self, host: str) -> PinnedHost:
        address = ADDRESSES[host]
        fingerprint = known_fingerprint(self.known_hosts, address=address, port=self.port)
        groups = tuple(sorted(GROUPS[host]))
        return PinnedHost(
            name=host, address=address, port=self.port, groups=groups, resolved=(address,), host_key_sha256=fingerprint
        )

    def connections(self, known_hosts: Path | None = None) -> SshConnections:
        addresses = {
            name: HostAddress(name=name, address=address, port=self.port, user=self.user, key_file=self.private_key)
            for name, address in ADDRESSES.items()
        }
        return SshConnections(hosts=addresses, known_hosts=known_hosts or self.known_hosts)


@dataclass(kw_only=True)
class Played:
    """What one attempt recorded, and how long it took."""

    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0

    def record(self, event: Event) -> None:
        self.events.append(event)

    @property
    def tasks(self) -> list[TaskObserved]:
        return [event for event in self.events if isinstance(event, TaskObserved)]

    @property
    def claims(self) -> dict[str, Scalar]:
        return {event.name: event.value for event in self.events if isinstance(event, ClaimMade)}

    @property
    def finished(self) -> PlaybookFinished:
        (last,) = [event for event in self.events if isinstance(event, PlaybookFinished)]
        assert self.events[-1] is last
        return last

    def outcomes(self, host: str = "alpha") -> list[str]:
        return [str(task.outcome) for task in self.tasks if task.host == host]


@dataclass(kw_only=True)
class Play:
    """Writes playbooks and runs them."""

    site: Site
    runner: AnsibleRunner
    base: Path
    directory: Path

    def write(self, plays: list[dict[str, Any]]) -> Path:
        path = self.directory / "playbook.yml"
        path.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
        return path

    def act(
        self,
        tasks: list[dict[str, Any]],
        *,
        hosts: str = "all",
        plan: tuple[str, ...] = ("alpha", "beta"),
        step: str = "restore",
        attempt: int = 1,
        variables: dict[str, Scalar] | None = None,
        known_hosts: Path | None = None,
        play: dict[str, Any] | None = None,
    ) -> PlaybookAct:
        whole = {"hosts": hosts, "gather_facts": False, **(play or {}), "tasks": tasks}
        return self.act_of([whole], plan=plan, step=step, attempt=attempt, variables=variables, known_hosts=known_hosts)

    def act_of(
        self,
        plays: list[dict[str, Any]],
        *,
        plan: tuple[str, ...] = ("alpha", "beta"),
        step: str = "restore",
        attempt: int = 1,
        variables: dict[str, Scalar] | None = None,
        known_hosts: Path | None = None,
    ) -> PlaybookAct:
        return PlaybookAct(
            run_id=RUN,
            step=PlaybookStep(id=step, phase=Phase.RECOVER, playbook="playbook.yml"),
            attempt=attempt,
            playbook=self.write(plays),
            roles=(),
            inventory=self.site.inventory,
            known_hosts=known_hosts or self.site.known_hosts,
            hosts=tuple(self.site.pinned(host) for host in plan),
            variables=variables or {},
        )

    def run(self, act: PlaybookAct, *, stop: StopRequest | None = None, played: Played | None = None) -> Played:
        played = played or Played()
        begun = time.monotonic()
        self.runner.run(act, record=played.record, stop=stop or StopRequest())
        played.seconds = time.monotonic() - begun
        return played


class Underway:
    """An attempt in a thread of its own."""

    def __init__(self, play: Play, act: PlaybookAct) -> None:
        self.stop, self.played = StopRequest(), Played()
        arguments = {"stop": self.stop, "played": self.played}
        self._thread = threading.Thread(target=play.run, args=(act,), kwargs=arguments, daemon=True)
        self._thread.start()

    def stopped(self) -> Played:
        self.stop.request("test")
        return self.ended()

    def ended(self) -> Played:
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), "the attempt does not end"
        return self.played


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with booted_site() as made:
        yield made


@contextmanager
def booted_site() -> Iterator[Site]:
    account = ensure_account()
    directory = default_state().with_name(f"reprise-test-ansible-{os.getpid()}")
    directory.mkdir(mode=0o755, parents=True)
    (directory / "hosts").mkdir(mode=0o700)
    os.chown(directory / "hosts", account.user_id, account.group_id)
    made = _site(directory, user=account.name)
    try:
        with _booted(made, prefix=account.prefix):
            yield made
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    """A short private directory: the sockets below it have room in 107 bytes."""
    path = Path("/dev/shm", f"rt{os.getpid()}")
    path.mkdir(mode=0o700)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def runner(site: Site, base: Path) -> Iterator[AnsibleRunner]:
    """One for all tests of a module, as one is for all steps of a run."""
    connections = site.connections()
    with AnsibleRunner(connections=connections, base=base) as runner:
        yield runner
    connections.close()
    assert not list(base.iterdir()), "a trace of a run was left"


@pytest.fixture
def play(site: Site, runner: AnsibleRunner, base: Path, tmp_path: Path) -> Iterator[Play]:
    yield Play(site=site, runner=runner, base=base, directory=tmp_path)
    assert not list(base.glob("*/attempt-*")), "a trace of an attempt was left"


def running(words: str) -> list[int]:
    """The processes of this machine that have these words in their command line."""
    return [process for process, line in _command_lines() if words in line]


def sleeping(seconds: int) -> list[int]:
    """The `sleep` of so many seconds themselves; not the shells and the ssh that pass the words on."""
    return [process for process, line in _command_lines() if line.split() == ["sleep", str(seconds)]]


def _command_lines() -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def _site(directory: Path, *, user: str) -> Site:
    key = directory / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    site = Site(
        directory=directory,
        port=free_port(ADDRESSES["alpha"]),
        inventory=directory / "inventory.yml",
        known_hosts=directory / "known_hosts",
        private_key=key,
        user=user,
    )
    site.inventory.write_text(yaml.safe_dump(_inventory(site)), encoding="utf-8")
    return site


def _inventory(site: Site) -> dict[str, Any]:
    hosts = {
        name: {
            "ansible_host": address,
            # The account has no home.
            "ansible_remote_tmp": f"{site.home(name)}/tmp",
            "ansible_async_dir": f"{site.home(name)}/async",
        }
        for name, address in ADDRESSES.items()
    }
    members: dict[str, Any] = {}
    for host, groups in GROUPS.items():
        for group in groups:
            members.setdefault(group, {"hosts": {}})["hosts"][host] = {}
    members["live"]["vars"] = {"live_secret": "hunter2"}
    members["staging"]["vars"] = {"colour": "green"}
    shared = {
        "ansible_port": site.port,
        "ansible_user": site.user,
        "ansible_ssh_private_key_file": str(site.private_key),
        # What a project may well say, and must not matter: the checks of host keys are not the inventory's business.
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
        "ansible_host_key_checking": False,
        "ansible_python_interpreter": find_tools().python,
    }
    return {"all": {"vars": shared, "hosts": hosts, "children": members}}


@contextmanager
def _booted(site: Site, *, prefix: tuple[str, ...]) -> Iterator[None]:
    tools = find_tools()
    environment = extended_environment(environ=os.environ, prepared=prepared_environment())
    libraries = f"LD_LIBRARY_PATH={shlex.quote(environment.get('LD_LIBRARY_PATH', ''))}"
    processes = []
    try:
        for host, address in ADDRESSES.items():
            script = _boot_script(site, host=host, address=address, sshd=tools.sshd, sftp_server=tools.sftp_server)
            processes.append(subprocess.Popen([*prefix, f"{libraries}; export LD_LIBRARY_PATH\n{script}"], cwd="/"))
        for host, address in ADDRESSES.items():
            wait_until(partial(_answers, address, site.port))
            public = (site.home(host) / "host_key.pub").read_text(encoding="ascii").split()
            with site.known_hosts.open("a", encoding="ascii") as file:
                file.write(f"[{address}]:{site.port} {public[0]} {public[1]}\n")
        yield
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def _boot_script(site: Site, *, host: str, address: str, sshd: str, sftp_server: str) -> str:
    home, public = site.home(host), site.private_key.with_suffix(".pub").read_text(encoding="ascii").strip()
    options = {
        "Port": site.port,
        "ListenAddress": address,
        "HostKey": f"{home}/host_key",
        "PidFile": "none",
        "AuthorizedKeysFile": f"{home}/authorized_keys",
        "UsePAM": "no",
        "UseDNS": "no",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "LogLevel": "VERBOSE",
        "MaxSessions": 50,
        "MaxStartups": "100:30:200",
        "Subsystem": f"sftp {sftp_server}",
    }
    configuration = "".join(f"{name} {value}\n" for name, value in options.items())
    return (
        f"set -e; mkdir -p {home}; cd {home}; ssh-keygen -q -t ed25519 -N '' -f host_key\n"
        f"echo {shlex.quote(public)} > authorized_keys; chmod 600 authorized_keys\n"
        f"printf %s {shlex.quote(configuration)} > sshd_config\n"
        f"exec {sshd} -D -f {home}/sshd_config -E {home}/log"
    )


def _answers(address: str, port: int) -> bool:
    with suppress(OSError):
        socket.create_connection((address, port), timeout=PATIENCE_SECONDS).close()
        return True
    return False
