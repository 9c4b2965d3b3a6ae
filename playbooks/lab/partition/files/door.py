"""The door of a wired host, in the host's own network. Arguments: what the fabric is, which host, its sockets.

Both sockets were made outside: who comes to the first gets an sshd, who comes to the second is led to the service here.
Ends, with everything in its network, when the fabric does.
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
import threading

CHUNK = 65536


def tell(word: str) -> None:
    """Tell the fabric how far we are."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def settle(told: dict, host: dict) -> None:
    """As root of this network: wait for the wire, take the host's address, and become the host's account."""
    tell("inside")
    if sys.stdin.readline() != "wired\n":
        sys.exit("the fabric is gone")
    for command in (
        ["link", "set", "lo", "up"],
        ["addr", "add", f"{host['service_address']}/24", "dev", "eth0"],
        ["link", "set", "eth0", "up"],
    ):
        subprocess.run([told["ip"], *command], check=True)
    user, group = told["owner"]
    rootless = [told["unshare"], "-U", f"--map-user={user}", f"--map-group={group}"]
    as_root = [told["setpriv"], f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    command = [*(rootless if told["namespaces"] == "rootless" else as_root), told["python"], *sys.argv, "open"]
    os.execv(command[0], command)  # noqa: S606 - the same process goes on as another account


def let_in(visitor: socket.socket, *, told: dict, host: dict) -> None:
    """An sshd for one connection; a thread waits for its end, so that nothing of it is left."""
    with visitor, pathlib.Path(host["directory"], "log", "sshd.log").open("ab") as log:
        command = [told["sshd"], "-i", "-e", "-f", f"{host['directory']}/etc/sshd_config"]
        session = subprocess.Popen(command, stdin=visitor, stdout=visitor, stderr=log, start_new_session=True)
    threading.Thread(target=session.wait, daemon=True).start()


def lead(visitor: socket.socket, *, host: dict) -> None:
    """From outside to the service in here. One that refuses is refused outside too; one that is silent is silent."""
    try:
        service = socket.create_connection((host["service_address"], host["service_port"]))
    except OSError:
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        visitor.close()
        return
    for end in (visitor, service):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    back = threading.Thread(target=pass_on, args=(service, visitor), daemon=True)
    back.start()
    pass_on(visitor, service)
    back.join()
    visitor.close()
    service.close()


def pass_on(source: socket.socket, target: socket.socket) -> None:
    """Until one side ends; then the other hears of it."""
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
    with contextlib.suppress(OSError):
        source.shutdown(socket.SHUT_RD)


def end_all() -> None:
    """A host without its fabric is nowhere: nothing of it goes on."""
    own = pathlib.Path("/proc/self/ns/net").readlink()
    for process in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and int(process.name) != os.getpid() and (process / "ns/net").readlink() == own:
                os.kill(int(process.name), signal.SIGKILL)
    sys.exit(0)


def serve(told: dict, host: dict, *, ends: list[int]) -> None:
    """Until the fabric is gone."""
    ssh, service = (socket.socket(fileno=end) for end in ends)
    tell("open")
    while True:
        ready, _, _ = select.select([ssh, service, 0], [], [])
        if 0 in ready:
            end_all()
        for end in ready:
            visitor, _ = end.accept()
            if end is ssh:
                let_in(visitor, told=told, host=host)
            else:
                threading.Thread(target=lead, args=(visitor,), kwargs={"host": host}, daemon=True).start()


def main() -> None:
    """First as root of the network, then as the host's account."""
    told = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    host = next(host for host in told["hosts"] if host["name"] == sys.argv[2])
    if sys.argv[-1] == "open":
        serve(told, host, ends=[int(number) for number in sys.argv[3:5]])
    settle(told, host)


if __name__ == "__main__":
    main()
