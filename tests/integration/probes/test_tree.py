"""A real file tree on a host of the lab: each way in which a restored one can differ is named by its aspect."""

from collections.abc import Iterator

import pytest

from orchestrator.adapters.probes.tree import TreeProbe
from orchestrator.adapters.ssh import SshConnections
from orchestrator.adapters.system import NeverStop
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer
from orchestrator.errors import ProbeError
from orchestrator.lab import Layout
from tests.staging import connected

TIMEOUT_US = 60_000_000

# Odd names, hard links, an ACL, an attribute, an empty file and directory, a hole, a dangling link, a deep path.
MAKE = r"""
set -e
cd "$1"
mkdir -p tree/deep/er/still tree/empty tree/spool
printf 'consent of DUPONT' > tree/deep/consent-DUPONT.pdf
printf 'a' > "$(printf 'tree/odd-\377\n name')"
printf 'twin' > tree/twin-a; ln tree/twin-a tree/deep/twin-b
: > tree/nothing
truncate -s 100000 tree/hole
ln -s nowhere tree/dangling
printf 'x' > tree/spool/job
chmod 640 tree/deep/consent-DUPONT.pdf
setfacl -m u:1:r tree/nothing
python3 -c 'import os; os.setxattr("tree/nothing", "user.origin", b"scanner")'
find tree -exec touch -h -d '2026-01-02T03:04:05.123456789Z' {} +
"""


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


@pytest.fixture
def place(connections: SshConnections) -> Iterator[str]:
    """A directory on a host with the tree in it."""
    made = connections.run("restore", ["mktemp", "-d", "-p", "/var/tmp"], timeout_us=TIMEOUT_US).stdout.decode().strip()
    shell(connections, MAKE, made)
    yield made
    connections.run("restore", ["rm", "-rf", "--", made], timeout_us=TIMEOUT_US)


def shell(connections: SshConnections, script: str, place: str) -> None:
    result = connections.run("restore", ["sh", "-c", script, "sh", place], timeout_us=TIMEOUT_US)
    assert result.exit_code == 0, result.stderr


def ask(connections: SshConnections, path: str, **more: object) -> Answer:
    question = {"host": "restore_target", "path": path, **more}
    return TreeProbe(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())


def seen(connections: SshConnections, path: str, **more: object) -> Values:
    answer = ask(connections, path, **more)
    assert answer.answered, answer.fault
    return answer.values


def differing(before: Values, after: Values) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


def test_everything_is_counted_and_no_name_is_told(connections: SshConnections, place: str) -> None:
    values = seen(connections, f"{place}/tree")
    counts = {name: value for name, value in values.items() if not name.endswith("_sha256")}
    assert counts == {
        "exists": True,
        "files": 7,
        "directories": 6,
        "symlinks": 1,
        "others": 0,
        "empty": 1,
        "hard_linked": 2,
        "bytes": 17 + 1 + 4 + 4 + 100_000 + 1,
        "unreadable": 0,
        "changed": 0,
    }
    assert len({value for name, value in values.items() if name.endswith("_sha256")}) == 8
    assert "DUPONT" not in repr(values)


def test_a_faithful_copy_elsewhere_is_the_same(connections: SshConnections, place: str) -> None:
    shell(connections, 'cp -a "$1/tree" "$1/copy"', place)
    assert differing(seen(connections, f"{place}/tree"), seen(connections, f"{place}/copy")) == set()


AT = "touch -h -d '2026-01-02T03:04:05.123456789Z'"


@pytest.mark.parametrize(
    ("spoil", "aspects"),
    [
        (f"printf 'consent of DUPOND' > deep/consent-DUPONT.pdf; {AT} deep/*", {"content_sha256"}),
        ("chmod 600 deep/consent-DUPONT.pdf", {"modes_sha256"}),
        ("touch -d '2026-01-02T03:04:05.123456788Z' twin-a", {"times_sha256"}),
        ("touch -h -d '2026-01-02T03:04:05Z' dangling", {"times_sha256"}),
        ("touch -d '2026-01-02T03:04:05Z' empty", {"times_sha256"}),
        (f"ln -sf elsewhere dangling; {AT} dangling .", {"links_sha256"}),
        (f"cp -p twin-a t; mv t twin-a; {AT} . twin-a", {"links_sha256", "hard_linked"}),
        ("setfacl -m u:1:rw nothing", {"acls_sha256", "modes_sha256"}),
        ("setfacl -d -m u:1:r empty", {"acls_sha256"}),
        ("""python3 -c 'import os; os.setxattr("nothing", "user.origin", b"x")'""", {"xattrs_sha256"}),
        (f"rmdir empty; {AT} .", {"directories", *(f"{one}_sha256" for one in ("names", "modes", "owners", "times"))}),
        (f"rm -r spool/job; {AT} spool", None),
        (f"mkfifo spool/pipe; {AT} spool/pipe spool", None),
    ],
)
def test_what_differs_is_named_by_its_aspect(
    connections: SshConnections, place: str, spoil: str, aspects: set[str] | None
) -> None:
    before = seen(connections, f"{place}/tree")
    shell(connections, f'cd "$1/tree"; {spoil}', place)
    found = differing(before, seen(connections, f"{place}/tree"))
    if aspects is None:
        assert {"names_sha256", "content_sha256"} <= found
    else:
        assert found == aspects


def test_what_is_left_out_does_not_count(connections: SshConnections, place: str) -> None:
    before = seen(connections, f"{place}/tree", exclude=["spool"])
    shell(connections, 'rm -r "$1/tree/spool"', place)
    assert differing(before, seen(connections, f"{place}/tree", exclude=["spool"])) == set()


def test_only_the_aspects_asked_for_are_compared(connections: SshConnections, place: str) -> None:
    values = seen(connections, f"{place}/tree", aspects=["content", "names"])
    assert {name for name in values if name.endswith("_sha256")} == {"content_sha256", "names_sha256"}


def test_what_could_not_be_read_is_counted(connections: SshConnections, place: str) -> None:
    before = seen(connections, f"{place}/tree")
    shell(connections, 'chmod 0 "$1/tree/twin-a" "$1/tree/deep/er"', place)
    after = seen(connections, f"{place}/tree")
    shell(connections, 'chmod 755 "$1/tree/deep/er"', place)
    assert after["unreadable"] == 3  # One file under its two names, one directory.
    assert {"content_sha256", "names_sha256"} <= differing(before, after)


def test_its_reading_leaves_no_trace(connections: SshConnections, place: str) -> None:
    shell(connections, 'touch -a -d 2020-01-01 "$1/tree/twin-a"; stat -c %x "$1/tree/twin-a" > "$1/before"', place)
    seen(connections, f"{place}/tree")
    shell(connections, 'stat -c %x "$1/tree/twin-a" | cmp - "$1/before"', place)


def test_what_is_not_there_has_been_seen_not_to_be_there(connections: SshConnections, place: str) -> None:
    assert ask(connections, f"{place}/nothing") == Answer(answered=True, values={"exists": False})


def test_a_host_that_cannot_look_has_not_answered(connections: SshConnections) -> None:
    question = {"host": "elsewhere", "path": "/"}
    answer = TreeProbe(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert (answer.answered, answer.values) == (False, {})


@pytest.mark.parametrize(
    "wrong", [{"exclude": ["../x"]}, {"exclude": ["/x"]}, {"aspects": ["colour"]}, {"aspects": []}]
)
def test_a_question_without_meaning_is_refused(connections: SshConnections, wrong: dict[str, object]) -> None:
    with pytest.raises(ProbeError, match="probe tree"):
        ask(connections, "/", **wrong)
