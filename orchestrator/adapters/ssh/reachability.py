"""Whether production answers from a host: connections tried there, not here. Only a refusal or silence is good news."""

import json
from collections.abc import Sequence

from orchestrator.adapters.ssh.connections import SshConnections

_CONNECT_SECONDS = 2
_TIMEOUT_US = 15_000_000
_UNREACHABLE = ("refused", "timeout", "unreachable")

# Written for the oldest Python that a host may have. All endpoints are tried at once: the time is that of the slowest.
_PROGRAM = """
import errno, json, socket, sys, threading
def attempt(place):
    try:
        socket.create_connection((place[0], place[1]), timeout=SECONDS).close()
        return "connected"
    except socket.gaierror:
        return "name not resolved"
    except socket.timeout:
        return "timeout"
    except OSError as error:
        words = {errno.ECONNREFUSED: "refused", errno.ETIMEDOUT: "timeout",
                 errno.EHOSTUNREACH: "unreachable", errno.ENETUNREACH: "unreachable"}
        return words.get(error.errno, "error " + errno.errorcode.get(error.errno, "unknown"))
places = json.load(sys.stdin)
answers = ["not tried"] * len(places)
def work(index):
    answers[index] = attempt(places[index])
threads = [threading.Thread(target=work, args=(index,)) for index in range(len(places))]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
json.dump(answers, sys.stdout)
""".replace("SECONDS", str(_CONNECT_SECONDS))


def endpoint_faults(connections: SshConnections, host: str, endpoints: Sequence[str]) -> str:
    """What speaks against the host being cut off from production; empty where nothing does.

    Args:
        connections: The connections of the run.
        host: The host to try from.
        endpoints: `host:port` of each production endpoint. None at all is a fault: what was not asked is not proved.

    Raises:
        SshError: The host could not be asked.
    """
    places = [parse_endpoint(endpoint) for endpoint in endpoints]
    if not places:
        return "no production endpoint is declared, so nothing shows that production is out of reach"
    unclear = [endpoint for endpoint, place in zip(endpoints, places, strict=True) if place is None]
    if unclear:
        return f"not host:port: {', '.join(unclear)}"
    python = connections.address(host).python
    result = connections.run(host, [python, "-c", _PROGRAM], stdin=json.dumps(places).encode(), timeout_us=_TIMEOUT_US)
    if result.exit_code != 0:
        return f"could not be asked: {python} on the host ended with {result.exit_code}"
    return judge_answers(endpoints, result.stdout)


def judge_answers(endpoints: Sequence[str], content: bytes) -> str:
    """What the host's answers say against it. Pure."""
    try:
        answers = json.loads(content)
    except ValueError:
        return "could not be asked: the host's answer is not understood"
    if not isinstance(answers, list) or len(answers) != len(endpoints):
        return "could not be asked: the host did not answer for every endpoint"
    return "; ".join(
        f"{endpoint}: {_meaning(answer)}"
        for endpoint, answer in zip(endpoints, answers, strict=True)
        if answer not in _UNREACHABLE
    )


def parse_endpoint(endpoint: str) -> tuple[str, int] | None:
    """Host and port of `host:port` or `[address]:port`; None where it is neither. Pure."""
    host, separator, port = endpoint.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (separator and host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        return None
    return host, int(port)


def _meaning(answer: object) -> str:
    return "production answers from here" if answer == "connected" else f"could not be asked: {str(answer)[:60]}"
