"""The offset of a host's wall clock, by exchanges like NTP's on one channel with a small loop that stays there."""

import time
from dataclasses import dataclass

import paramiko

from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.errors import SshError

EXCHANGES = 100
_WARM_UP = 5
_TIMEOUT_US = 10_000_000
# No forked `date` for each exchange: its start-up would bias the offset by 0.4 ms.
_LOOP = (
    "import sys,time\n"
    "for line in iter(sys.stdin.readline,''):\n"
    " sys.stdout.write('%d\\n'%time.time_ns());sys.stdout.flush()\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """The host's clock minus ours, and half of the round trip that it was read in, in microseconds."""

    offset_us: int
    error_us: int


def measure_offset(connections: SshConnections, host: str) -> ClockOffset:
    """Ask the host for its time again and again, and believe the answer that was quickest.

    The true offset is within `error_us` of `offset_us`: the host read its clock somewhere within the round trip.

    Raises:
        SshError: The host did not answer, or not with a time.
    """
    python = connections.address(host).python
    channel = connections.open(host, [python, "-u", "-c", _LOOP], timeout_us=_TIMEOUT_US)
    try:
        readings = [_exchange(channel) for _ in range(_WARM_UP + EXCHANGES)][_WARM_UP:]
    except (OSError, EOFError, ValueError, paramiko.SSHException) as error:
        raise SshError(
            f"host {host}: its clock could not be read", hint=f"does {python} exist there and run?"
        ) from error
    finally:
        channel.close()
    round_trip_ns, offset_ns = min(readings)
    # Rounded outwards: the bound may be too wide by a microsecond, never too narrow.
    return ClockOffset(offset_us=round(offset_ns / 1_000), error_us=round_trip_ns // 2_000 + 2)


def _exchange(channel: paramiko.Channel) -> tuple[int, int]:
    """One round trip and the offset that it gives, in nanoseconds."""
    ours_ns, sent_ns = time.time_ns(), time.monotonic_ns()
    channel.sendall(b"\n")
    answer = b""
    while not answer.endswith(b"\n"):
        part = channel.recv(64)
        if not part:
            raise EOFError
        answer += part
    round_trip_ns = time.monotonic_ns() - sent_ns
    return round_trip_ns, int(answer) - (ours_ns + round_trip_ns // 2)
