"""Programs on a host that write markers and read them back: started, spoken to and ended. What they do is their own.

The one that writes stays: a marker costs one line each way, and not a process. It reads a number a line, and answers
each with the same number once its marker is durable. Another number, or a word that nobody asked for, ends it: what it
says is no longer known to be about what was asked. Any other line is a refusal.
"""

from collections.abc import Callable
from contextlib import suppress

import paramiko

from orchestrator.adapters.canaries.kept import KeptWriter, RefusedError
from orchestrator.adapters.network.faults import NoAnswerError, fault_of_network
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.ssh.address import HostAddress
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.ports import CanaryWriter, Survivors
from orchestrator.errors import SshError

LONGEST_ANSWER = 200
"""In bytes, its end of line included: what says more than a number and why not is no program of ours."""

Arguments = Callable[[HostAddress], list[str]]
"""The program and its arguments on this host; raises `SshError` where the inventory lacks what they name."""


class Resident:
    """A program that stays on a host, over the channel that it was started with. It ends when its input does."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel

    def ask(self, number: int, *, limit: Limit) -> str:
        """Send a number, and return the line that answers it.

        Raises:
            NoAnswerError: There was none, or not one alone, or one before it was asked for.
        """
        try:
            if self._channel.recv_ready():
                raise NoAnswerError("an answer before it was asked for")
            _bound(self._channel, limit)
            self._channel.sendall(f"{number}\n".encode())
            return _line(self._channel, limit)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise NoAnswerError(_words(error)) from error

    def close(self) -> None:
        """Speak to it no more. Can be called again."""
        with suppress(paramiko.SSHException, OSError, EOFError):
            self._channel.close()


def resident_writer(
    *, connections: SshConnections, host: str, arguments: Arguments, refusal: Callable[[str], str]
) -> CanaryWriter:
    """Who commits markers through a program on a host, which is started anew after it gave no proper answer.

    Where the host cannot be reached, a marker costs as long as a connection takes to be given up.

    Args:
        connections: SSH to the hosts of the drill.
        host: The host's name.
        arguments: The program.
        refusal: Why a marker was not made, from the line that says so: what may be written down of it.
    """

    def begin(limit: Limit) -> Resident:
        try:
            program = arguments(connections.address(host))
            return Resident(connections.open(host, program, timeout_us=max(1, limit.left_us)))
        except SshError as error:
            raise NoAnswerError(_words(error)) from error

    def commit(resident: Resident, number: int, limit: Limit) -> None:
        judge_answer(resident.ask(number, limit=limit), number=number, refusal=refusal)

    return KeptWriter(begin=begin, commit=commit)


def judge_answer(answer: str, *, number: int, refusal: Callable[[str], str]) -> None:
    """Accept the line that acknowledges this number. Pure.

    Raises:
        RefusedError: It says why the marker was not made.
        NoAnswerError: It is about another number.
    """
    if answer == str(number):
        return
    if answer.isdecimal():
        raise NoAnswerError("another number was acknowledged")
    raise RefusedError(refusal(answer))


def survivors_on_host(
    *,
    connections: SshConnections,
    host: str,
    arguments: Arguments,
    timeout_us: int,
    read: Callable[[bytes], Survivors],
) -> Survivors:
    """What a program on a host found of the markers. One that does not end well gave no answer."""
    try:
        program = arguments(connections.address(host))
        result = connections.run(host, program, timeout_us=timeout_us)
    except SshError as error:
        return Survivors(answered=False, ranges=(), fault=str(error)[:300])
    if result.exit_code != 0:
        fault = f"the host could not look (exit code {result.exit_code})"
        return Survivors(answered=False, ranges=(), fault=fault)
    return read(result.stdout)


def _line(channel: paramiko.Channel, limit: Limit) -> str:
    answer = b""
    while not answer.endswith(b"\n"):
        _bound(channel, limit)
        piece = channel.recv(LONGEST_ANSWER)
        answer += piece
        if not piece:
            raise NoAnswerError("the program on the host ended")
        if len(answer) > LONGEST_ANSWER:
            raise NoAnswerError("the program on the host says too much")
    if answer.count(b"\n") > 1:
        raise NoAnswerError("more than one answer")
    return answer.decode(errors="replace").removesuffix("\n")


def _bound(channel: paramiko.Channel, limit: Limit) -> None:
    if limit.fault:
        raise NoAnswerError(limit.fault)
    channel.settimeout(limit.left_seconds)


def _words(error: Exception) -> str:
    match error:
        case OSError() | EOFError():
            return fault_of_network(error)
        case _:
            return str(error)[:LONGEST_ANSWER] or "connection lost"
