"""Makes a project directory to start from, on hosts of one's own. Never changes what is there; needs no lab."""

import getpass
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from orchestrator.core.model import Language
from orchestrator.core.placeholder import placeholder
from orchestrator.durable import write_durably
from orchestrator.errors import UsageError
from orchestrator.plugins import Source, bundled_content, find_drill
from orchestrator.project import PROJECT_FILE
from orchestrator.rendering import render

_HOST = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)=((?P<user>[\w.-]+)@)?(\[(?P<six>[\da-fA-F:]+)\]|(?P<address>[\w.-]+))(:(?P<port>\d{1,5}))?"
)
_DIRECTORIES = (("trust", 0o755), ("keys", 0o700), ("drills", 0o755), ("playbooks", 0o755), ("inventory", 0o755))

SERVICE_PORT = 8080
"""Where the first drill serves what it restored, until somebody says otherwise in the inventory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartHost:
    """A staging host as a person names it: `spare=deploy@10.1.2.3`, `spare=10.1.2.3:2222`."""

    name: str
    address: str
    user: str
    port: int = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What is known of a new project. Empty: nobody said it, and the file will say what is to be put there."""

    name: str
    organisation: str = ""
    staging_group: str = "staging"
    hosts: tuple[StartHost, ...] = ()
    production: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    marker: str = "/etc/reprise-staging.json"
    ssh_key: str = ""
    language: Language = Language.FRENCH
    drills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The files that were written, and those that were there and stayed as they were; below the directory."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def parse_host(text: str) -> StartHost:
    """Read how a person names a host. Pure but for the account of who does not name one.

    Raises:
        UsageError: It is not of that form.
    """
    match = _HOST.fullmatch(text)
    port = int((match and match["port"]) or 22)
    if match is None or not 0 < port < 65_536:
        hint = "for example: spare=deploy@10.1.2.3, or spare=10.1.2.3:2222"
        raise UsageError(f"{text!r} does not name a host", hint=hint)
    address = match["six"] or match["address"]
    return StartHost(name=match["name"], address=address, user=match["user"] or getpass.getuser(), port=port)


def check_no_project(directory: Path) -> None:
    """Look before anybody is asked anything.

    Raises:
        UsageError: There is a project in the directory.
    """
    if _is_there(directory / PROJECT_FILE):
        hint = "change its files, or start another one in another directory"
        raise UsageError(f"{directory}: there is a project here already", hint=hint)


def start_project(directory: Path, start: Start) -> Started:
    """Write the files of a new project; `reprise.yml` last, so that one that was interrupted can be started again.

    Raises:
        UsageError: There is a project, or no directory can be made; or no drill of a name comes with the product.
        StoreError: A file cannot be written.
    """
    check_no_project(directory)
    contents = tuple(_contents(start))
    _make_directories(directory)
    new = [(name, content) for name, content in contents if not _is_there(directory / name)]
    for name, content in new:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, content)
    written = tuple(name for name, _ in new)
    return Started(written=written, kept=tuple(name for name, _ in contents if name not in written))


def _is_there(path: Path) -> bool:
    """A link that leads nowhere is there too: writing would follow nothing, and replace it."""
    return path.exists() or path.is_symlink()


def _make_directories(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, mode in _DIRECTORIES:
            (directory / name).mkdir(mode=mode, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{error.filename}: cannot be made: {error.strerror}", hint="name another directory"
        ) from error


def _contents(start: Start) -> Iterator[tuple[str, bytes]]:
    """Every file of the project by its name, `reprise.yml` last."""
    starter = Path(str(files("orchestrator"))) / "starter"
    told = _told(start)
    for path in sorted(path for part in ("drills", "playbooks") for path in (starter / part).rglob("*.yml")):
        yield path.relative_to(starter).as_posix(), path.read_bytes()
    bundled = (Source(root=bundled_content(), origin="bundled"),)
    for name in start.drills:
        file, _ = find_drill(name, sources=bundled)
        yield f"drills/{file.name}", file.read_bytes()
    yield ".gitignore", (starter / "gitignore").read_bytes()
    # OpenSSH's form, empty: a file that is not there could not be told from one that was lost.
    yield "trust/known_hosts", b""
    for name, template in (
        ("README.md", "README.md.j2"),
        ("inventory/hosts.yml", "inventory.yml.j2"),
        (PROJECT_FILE, "reprise.yml.j2"),
    ):
        yield name, render(directories=[starter], name=template, project=told).encode()


def _told(start: Start) -> dict[str, object]:
    """What the templates are told: what is known, and for the rest what is to be put there."""
    hosts = start.hosts or (
        StartHost(
            name="spare",
            address=placeholder("the address of a staging host that has nothing on it that anybody needs"),
            user=placeholder("the account that drills log in as"),
        ),
    )
    never = (*start.never, *(_host_of(endpoint) for endpoint in start.production))
    address = _bracketed(start.hosts[0].address) if start.hosts else ""
    return {
        "name": start.name,
        "organisation": start.organisation or placeholder("the name of the organisation, as reports print it"),
        "staging_group": start.staging_group,
        "hosts": hosts,
        "production": start.production or (placeholder("what answers in production only, as db.prod.example:5432"),),
        "never": _distinct(never) or (placeholder("a name, an address, a network or a pattern of production"),),
        "marker": start.marker,
        "language": start.language,
        "ssh_key": start.ssh_key or placeholder("the path of the private key that this host accepts"),
        "backup_directory": placeholder("where the host finds the archives (see README.md)"),
        "restored_documents": placeholder("a directory that is not there yet: drills make it and destroy it"),
        "restored_port": SERVICE_PORT,
        "restored_url": f"http://{address}:{SERVICE_PORT}/"
        if address
        else placeholder("http://ADDRESS:8080/, by the address of the staging host"),
    }


def _host_of(endpoint: str) -> str:
    return endpoint.rpartition(":")[0].removeprefix("[").removesuffix("]")


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _distinct(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
