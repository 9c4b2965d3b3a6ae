"""Every server that a drill's questions lead to: pinned in the plan, so that the guard compares it with the hosts."""

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from orchestrator.adapters.network.place import read_server_place, split_urls
from orchestrator.adapters.network.schemes import PORTS
from orchestrator.app.workplace import Workplace
from orchestrator.core.drill import Drill
from orchestrator.core.plan import PinnedEndpoint
from orchestrator.core.step_definition import ProbeStep
from orchestrator.errors import DefinitionError, Fault, ProbeError


def find_endpoints(drill: Drill, *, workplace: Workplace) -> tuple[PinnedEndpoint, ...]:
    """The servers of connection strings, URLs and addresses, by what the drill calls them.

    Raises:
        DefinitionError: One cannot be read. It is not repeated: it may hold a password.
    """
    found = {}
    for question in _questions(drill):
        for name, host, port in _named(question, resolved=workplace.environment.resolve(question)):
            found[name, host, port] = PinnedEndpoint(name=f"{name} ({host}:{port})", host=host, port=port)
    return tuple(found[key] for key in sorted(found))


def _questions(drill: Drill) -> Iterator[dict[str, Any]]:
    yield from (dict(watch.with_) for watch in drill.watch)
    if drill.canary is not None:
        yield from (dict(drill.canary.with_), dict(drill.canary.read))
    for step in drill.steps:
        if isinstance(step, ProbeStep):
            yield from (step.with_, step.trial)


def _named(question: Mapping[str, Any], *, resolved: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    if "dsn" in resolved:
        name = str(question.get("dsn_env", "dsn"))
        yield from ((name, host, port) for host, port in _databases(str(resolved["dsn"]), name=name))
    if "url" in resolved:
        name = str(question.get("url_env", "url"))
        yield from ((name, *_server(url, name=name)) for url in split_urls(str(resolved["url"])))
    if "host" in resolved and isinstance(resolved.get("port"), int):
        yield "host", str(resolved["host"]), resolved["port"]


def _server(url: str, *, name: str) -> tuple[str, int]:
    try:
        place = read_server_place(url, ports=PORTS)
    except ProbeError as error:
        raise DefinitionError((_fault(name, f"is not the URL of a server ({', '.join(PORTS)})"),)) from error
    return place.host, place.port


def _databases(dsn: str, *, name: str) -> list[tuple[str, int]]:
    try:
        parts = conninfo_to_dict(dsn)
    except Exception as error:  # psycopg may quote the string, and a password with it
        raise DefinitionError((_fault(name, "is not a connection string of PostgreSQL"),)) from error
    hosts = str(parts.get("hostaddr") or parts.get("host") or "localhost").split(",")
    ports = str(parts.get("port") or "5432").split(",")
    return [(host, int(ports[min(index, len(ports) - 1)])) for index, host in enumerate(hosts)]


def _fault(name: str, message: str) -> Fault:
    return Fault(file="reprise.yml", line=None, key=name, message=message)
