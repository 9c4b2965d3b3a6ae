"""Commands of a drill's author as a canary, over a real sshd: an honest one, and those that lie or fail."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from orchestrator.adapters.canaries.command import CommandCanary
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.ports import CanaryWriter, Survivors
from orchestrator.errors import ProbeError
from tests.integration.canaries.hosted import PATIENCE_US, RUN, commit, pythons, shell
from tests.patience import FOREVER_SECONDS, wait_until

HONEST = """
import os, sys
for line in sys.stdin:
    try:
        marker = os.open(f"{sys.argv[1]}/{sys.argv[2]}.{int(line)}", os.O_CREAT | os.O_EXCL)
        os.fsync(marker)
        os.close(marker)
        print(int(line), flush=True)
    except OSError:
        print("the name of somebody", flush=True)
"""
HASTY = """
import os, sys, time
print(int(input()), flush=True)
for _ in range(6000):
    if os.path.exists(sys.argv[1] + "/go"):
        break
    time.sleep(0.01)
print(2, flush=True)
open(sys.argv[1] + "/said", "w").close()
input()
"""
SILENT = f"""
import sys, time
for line in sys.stdin:
    if int(line) == 2:
        time.sleep({FOREVER_SECONDS})
    print(int(line), flush=True)
"""
READ = 'cd "$1" && for marker in "$2".*; do [ ! -e "$marker" ] || echo "${marker##*.}"; done'

Writing = Callable[[str], CanaryWriter]
"""From the text of a Python program to who commits markers with it."""


@pytest.fixture
def canary(connections: SshConnections) -> CommandCanary:
    return CommandCanary(connections=connections)


@pytest.fixture
def writing(canary: CommandCanary, tree: str) -> Iterator[Writing]:
    with ExitStack() as open_writers:

        def made(program: str) -> CanaryWriter:
            command = ["python3", "-c", program, tree, "{run}"]
            writer = canary.writer({"host": "restore", "command": command}, run_id=RUN)
            open_writers.callback(writer.close)
            return writer

        yield made


def survivors(canary: CommandCanary, *command: str) -> Survivors:
    source = {"host": "restore_target", "command": list(command)}
    return canary.survivors(source, run_id=RUN, timeout_us=PATIENCE_US)


def test_every_acknowledged_marker_is_read_back_and_only_of_this_run(
    canary: CommandCanary, writing: Writing, connections: SshConnections, tree: str
) -> None:
    writer = writing(HONEST)
    assert [commit(writer, number) for number in (1, 2, 3, 5)] == [""] * 4
    shell(connections, f"touch {tree}/another.4")
    found = survivors(canary, "sh", "-c", READ, "sh", tree, "{run}")
    assert (found.answered, found.ranges) == (True, ((1, 3), (5, 5)))


def test_one_program_writes_them_all_and_ends_with_the_writer(
    writing: Writing, connections: SshConnections, tree: str
) -> None:
    writer = writing(HONEST)
    assert commit(writer, 1) == ""
    (program,) = pythons(connections, f"{tree} {RUN}")
    assert commit(writer, 2) == ""
    assert pythons(connections, f"{tree} {RUN}") == [program]
    writer.close()
    wait_until(lambda: not pythons(connections, f"{tree} {RUN}"))


def test_a_refusal_is_told_without_its_words_and_the_program_stays(
    writing: Writing, connections: SshConnections, tree: str
) -> None:
    writer = writing(HONEST)
    assert commit(writer, 1) == ""
    program = pythons(connections, f"{tree} {RUN}")
    assert (commit(writer, 1), commit(writer, 2)) == ("refused", "")
    assert pythons(connections, f"{tree} {RUN}") == program


LIARS = {
    "of the marker before": ("print(int(input()) - 1, flush=True); input()", "another number was acknowledged"),
    "of one that comes": ("input(); print('1\\n2', flush=True); input()", "more than one answer"),
    "that says nothing": ("input(); print(flush=True); input()", "an empty answer"),
    "with other digits": ("input(); print('01', flush=True); input()", "another number was acknowledged"),
    "with words": ("print('ok', input(), flush=True); input()", "refused"),
    "without an end": (
        "import sys; input(); sys.stdout.write('1'); sys.stdout.flush()",
        "the program on the host ended",
    ),
    "that never ends": ("input(); print('1' * 1000, flush=True); input()", "the program on the host says too much"),
    "of a program that fails": ("raise SystemExit(3)", "the program on the host ended"),
}


@pytest.mark.parametrize(("program", "fault"), LIARS.values(), ids=LIARS)
def test_an_answer_is_no_acknowledgement(writing: Writing, program: str, fault: str) -> None:
    assert commit(writing(program), 1) == fault


def test_an_answer_that_came_before_it_was_asked_for_is_none(
    writing: Writing, connections: SshConnections, tree: str
) -> None:
    writer = writing(HASTY)
    assert commit(writer, 1) == ""
    shell(connections, f"touch {tree}/go; until [ -e {tree}/said ]; do sleep 0.01; done")
    # What was said before that file was made comes to us before the answer to whatever the host is asked now.
    shell(connections, "true")
    assert commit(writer, 2) == "an answer before it was asked for"


def test_silence_ends_at_the_deadline_and_another_program_writes_the_next_marker(
    writing: Writing, connections: SshConnections, tree: str
) -> None:
    writer = writing(SILENT)
    assert commit(writer, 1) == ""
    (silent,) = pythons(connections, f"{tree} {RUN}")
    try:
        assert commit(writer, 2, patience_us=200_000) == "timeout"
        assert commit(writer, 3) == ""
    finally:
        shell(connections, f"kill -KILL {silent}")


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("echo 1; exit 4", "the host could not look (exit code 4)"),
        ("echo 1; echo Martin", "not every line is the number of a marker"),
        ("echo 0", "not every line is the number of a marker"),
        ("exec /nowhere/program", "the host could not look (exit code 127)"),
    ],
)
def test_what_is_read_back_is_whole_or_no_answer(canary: CommandCanary, script: str, fault: str) -> None:
    found = survivors(canary, "sh", "-c", script, "{run}")
    assert (found.answered, found.ranges, found.fault) == (False, (), fault)


def test_no_marker_is_an_answer(canary: CommandCanary) -> None:
    found = survivors(canary, "true", "{run}")
    assert (found.answered, found.ranges) == (True, ())


def test_a_host_or_a_variable_that_is_unknown_is_said(canary: CommandCanary) -> None:
    nowhere = canary.writer({"host": "nobody", "command": ["true", "{run}"]}, run_id=RUN)
    assert commit(nowhere, 1) == "no host is called nobody"
    unknown = canary.writer({"host": "restore", "command": ["true", "{no_such_variable}", "{run}"]}, run_id=RUN)
    assert "no_such_variable" in commit(unknown, 1)
    assert "no_such_variable" in survivors(canary, "true", "{no_such_variable}", "{run}").fault


def test_a_command_that_does_not_name_the_run_is_refused(canary: CommandCanary) -> None:
    with pytest.raises(ProbeError, match=r"must name \{run\}"):
        canary.writer({"host": "restore", "command": ["true"]}, run_id=RUN)
    with pytest.raises(ProbeError, match=r"must name \{run\}"):
        survivors(canary, "true")
