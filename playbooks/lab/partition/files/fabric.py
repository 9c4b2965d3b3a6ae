"""The network of the lab's wired hosts, and their power. Argument: its description, a file of JSON.

Everything is in network namespaces of the lab's own, and goes with the last process in them: no interface, address or
route of the machine is touched. A wired host is reached from outside through its door (`door.py`), as by a network of
administration: the door listens on sockets that were made outside before the host had a network of its own.
"""

import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import time

BRIDGE = "fabric"
PATIENCE_SECONDS = 10


def listening(address: str, port: int) -> socket.socket:
    """A socket that listens outside; what ended a moment ago may still hold the port."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            made.bind((address, port))
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    made.listen(64)
    made.set_inheritable(True)
    return made


def go_inside(description: str) -> None:
    """Make the sockets of all doors, then go on in a network namespace. The number of the process stays."""
    told = json.loads(pathlib.Path(description).read_text(encoding="utf-8"))
    ends = [listening(host["address"], host[port]) for host in told["hosts"] for port in ("ssh_port", "service_port")]
    root = ["-U", "-r"] if told["namespaces"] == "rootless" else []
    numbers = ",".join(str(end.fileno()) for end in ends)
    command = [told["unshare"], *root, "-n", told["python"], __file__, description, numbers]
    os.execv(command[0], command)  # noqa: S606 - the same process goes on inside


class Host:
    """A wired host: its door, the wire to the bridge, and whether it has power."""

    def __init__(self, told: dict, host: dict, *, ends: list[int]) -> None:
        self.name = host["name"]
        self.ends = ends
        self._told = told
        self._host = host
        self._door: subprocess.Popen | None = None
        self._network = ""

    @property
    def powered(self) -> bool:
        """Whether its door is open."""
        return self._door is not None and self._door.poll() is None

    @property
    def wire(self) -> str:
        """The end of its wire at the bridge; the name of an interface has at most 15 characters."""
        return f"wire{self._host['number']}"

    def join(self) -> None:
        """Plug the wire in."""
        self._ip("link", "set", self.wire, "up")

    def cut(self) -> None:
        """Pull the wire: nothing gets through any more, and nobody is told."""
        self._ip("link", "set", self.wire, "down")

    def on(self) -> None:
        """Give it power: a network with a wire to the bridge, and a door."""
        if self.powered:
            return
        self.off()
        environment = {**os.environ, "REPRISE_LAB_HOST": self.name}
        command = [self._told["unshare"], "-n", self._told["python"], self._told["door"], self._told["file"], self.name]
        self._door = subprocess.Popen(
            [*command, *map(str, self.ends)],
            pass_fds=self.ends,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._hear("inside")
        self._network = network_of(str(self._door.pid))
        # The card keeps its address, as a real one does: the others would look for the old one for a while.
        card = ["peer", "name", "eth0", "address", f"02:00:00:00:00:{self._host['number']:02x}"]
        self._ip("link", "add", "name", self.wire, "type", "veth", *card, "netns", str(self._door.pid))
        self._ip("link", "set", self.wire, "master", BRIDGE, "up")
        self._door.stdin.write(b"wired\n")
        self._door.stdin.flush()
        self._hear("open")

    def off(self) -> dict:
        """Take its power: the wire first, then every process at once. Nothing is asked to end in good order."""
        if self._door is None:
            return {"killed_processes": 0, "kill_window_us": 0}
        if self.powered:
            self.cut()
        killed, window_us = end_network(self._network)
        self._door.wait()
        self._door = None
        # It goes with the network at its other end, but not at once.
        subprocess.run([self._told["ip"], "link", "del", self.wire], check=False, capture_output=True)
        return {"killed_processes": killed, "kill_window_us": window_us}

    def _hear(self, word: str) -> None:
        heard = self._door.stdout.readline().decode().strip()
        if heard != word:
            raise RuntimeError(
                f"the door of {self.name} says {heard!r} where {word!r} was to come: see the end of this log"
            )

    def _ip(self, *arguments: str) -> None:
        subprocess.run([self._told["ip"], *arguments], check=True, capture_output=True, text=True)


def processes() -> list[str]:
    """The numbers of all processes of this moment."""
    return [path.name for path in pathlib.Path("/proc").iterdir() if path.name.isdigit()]


def network_of(process: str) -> str:
    """The network namespace of a process; nothing for one that is gone, or that is not ours to look at."""
    try:
        return str(pathlib.Path("/proc", process, "ns/net").readlink())
    except OSError:
        return ""


def end_network(network: str) -> tuple[int, int]:
    """Kill every process in a network namespace: how many at the first stroke, and how many microseconds that took."""
    first = None
    while True:
        members = [int(name) for name in processes() if network_of(name) == network]
        started_ns = time.monotonic_ns()
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        first = first or (len(members), (time.monotonic_ns() - started_ns) // 1000)
        if not members:
            return first
        time.sleep(0.005)


class Fabric:
    """Does what it is asked over its socket, one line for each, and refuses whoever knocks at a host without power."""

    def __init__(self, told: dict, *, ends: list[int]) -> None:
        self._told = told
        self._hosts = {
            host["name"]: Host(told, host, ends=ends[2 * index : 2 * index + 2])
            for index, host in enumerate(told["hosts"])
        }
        self._asked = socket.socket(socket.AF_UNIX)

    def begin(self) -> None:
        """Build the network, give everybody power, and then say that all is there."""
        for command in (["link", "set", "lo", "up"], ["link", "add", "name", BRIDGE, "type", "bridge"]):
            subprocess.run([self._told["ip"], *command], check=True)
        subprocess.run([self._told["ip"], "link", "set", BRIDGE, "up"], check=True)
        for host in self._hosts.values():
            host.on()
        place = pathlib.Path(self._told["socket"])
        place.unlink(missing_ok=True)
        self._asked.bind(str(place))
        self._asked.listen(8)
        if self._told["namespaces"] == "root":
            os.chown(place, *self._told["owner"])
        pathlib.Path(self._told["pid"]).write_text(f"{os.getpid()}\n", encoding="utf-8")

    def serve(self) -> None:
        """Until it is ended."""
        while True:
            without = [end for host in self._hosts.values() if not host.powered for end in host.ends]
            ready, _, _ = select.select([self._asked, *without], [], [], 1)
            for end in ready:
                if end is self._asked:
                    self._answer()
                else:
                    refuse(end)

    def _answer(self) -> None:
        client, _ = self._asked.accept()
        with client:
            client.settimeout(PATIENCE_SECONDS)
            try:
                said = json.dumps(self._carry_out(client.recv(200).decode().split()))
            except subprocess.CalledProcessError as error:
                said = f"error {(error.stderr or str(error)).strip()}"
            except (OSError, RuntimeError, ValueError) as error:
                said = f"error {error}"
            client.sendall(f"{said}\n".encode())

    def _carry_out(self, words: list[str]) -> dict:
        acts = ("cut", "join", "power-off", "power-on")
        if len(words) != 2 or words[0] not in acts or words[1] not in self._hosts:
            raise ValueError(f"not understood: say one of {', '.join(acts)} and one of {', '.join(self._hosts)}")
        host = self._hosts[words[1]]
        act = {"cut": host.cut, "join": host.join, "power-off": host.off, "power-on": host.on}[words[0]]
        return act() or {}


def refuse(end: int) -> None:
    """Nobody is there: whoever came is sent away at once."""
    with socket.socket(fileno=os.dup(end)) as listener:
        listener.setblocking(False)
        try:
            visitor, _ = listener.accept()
        except OSError:
            return
    # Closing with a linger of zero resets the connection.
    visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    visitor.close()


def main() -> None:
    """First outside, then inside."""
    if len(sys.argv) == 2:
        go_inside(sys.argv[1])
    told = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    fabric = Fabric({**told, "file": sys.argv[1]}, ends=[int(number) for number in sys.argv[2].split(",")])
    fabric.begin()
    fabric.serve()


if __name__ == "__main__":
    main()
