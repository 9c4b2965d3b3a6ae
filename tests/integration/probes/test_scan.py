"""Real file trees on a host of the lab, scanned there: what encryption leaves is seen, and no name is told."""

from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.adapters.probes.clean_points import CleanPointsProbe
from orchestrator.adapters.probes.scan import ScanProbe
from orchestrator.adapters.ssh import SshConnections
from orchestrator.adapters.system import NeverStop
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer
from orchestrator.errors import ProbeError
from orchestrator.lab import Layout
from orchestrator.plugins import bundled_content
from tests.staging import connected

TIMEOUT_US = 60_000_000
RULES = bundled_content() / "playbooks" / "ransomware" / "files"

# Three recovery points and what was restored: the last two points are poisoned, the newest of them wholly.
MAKE = r"""
set -e
cd "$1"
mkdir -p points/0001-a/letters rules
text=$(head -c 3000 /dev/zero | tr '\0' x)
for number in $(seq 8); do printf '%%PDF-1.4\n%s\n%%%%EOF\n' "$text" >points/0001-a/letters/DUPONT-$number.pdf; done
(head -c 128 /dev/zero; printf DICM; head -c 5000 /dev/urandom) >points/0001-a/image.dcm
for number in $(seq 100); do echo "$number;canary;do not touch"; done >points/0001-a/canary.csv
printf 'odd' >"points/0001-a/$(printf 'latin-\351\n name ransom_note x')"
(cd points/0001-a && sha256sum canary.csv) >canaries
cp -a points/0001-a restored
cp -a points/0001-a points/0002-b
head -c 3200 /dev/urandom >points/0002-b/letters/DUPONT-1.pdf
cp -a points/0002-b points/0003-c
for file in points/0003-c/letters/*.pdf; do head -c 3200 /dev/urandom >"$file.lockbit"; rm "$file"; done
head -c 2000 /dev/urandom >points/0003-c/canary.csv
echo 'All your files have been encrypted. Send bitcoin to have them back.' >points/0003-c/README.txt
cat >rules/note.yar
echo .lockbit >rules/endings.txt
"""


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


@pytest.fixture
def place(connections: SshConnections) -> Iterator[str]:
    """A directory on a host with points, rules and canaries."""
    made = connections.run("restore", ["mktemp", "-d", "-p", "/var/tmp"], timeout_us=TIMEOUT_US).stdout.decode().strip()
    shell(connections, MAKE, made, stdin=(RULES / "ransom_note.yar").read_bytes())
    yield made
    connections.run("restore", ["rm", "-rf", "--", made], timeout_us=TIMEOUT_US)


def shell(connections: SshConnections, script: str, place: str, *, stdin: bytes = b"") -> None:
    command = ["sh", "-c", script, "sh", place]
    result = connections.run("restore", command, timeout_us=TIMEOUT_US, stdin=stdin)
    assert result.exit_code == 0, result.stderr


def ask(connections: SshConnections, place: str, path: str, **more: Any) -> Answer:
    told = {"rules": f"{place}/rules", "canaries": f"{place}/canaries"}
    question = {"host": "restore_target", "path": f"{place}/{path}", **told, **more}
    return ScanProbe(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())


def seen(connections: SshConnections, place: str, path: str) -> Values:
    answer = ask(connections, place, path)
    assert answer.answered, answer.fault
    return answer.values


def points(connections: SshConnections, place: str, restored: str = "restored") -> Values:
    told = {"points": f"{place}/points", "rules": f"{place}/rules", "canaries": f"{place}/canaries"}
    question = {"host": "restore_target", "path": f"{place}/{restored}", **told}
    answer = CleanPointsProbe(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert answer.answered, answer.fault
    return answer.values


def test_a_clean_tree_gives_no_sign_and_no_name(connections: SshConnections, place: str) -> None:
    values = seen(connections, place, "restored")
    size = values.pop("bytes")
    assert isinstance(size, int)
    assert size > 20_000
    assert values == {
        "exists": True,
        "files": 11,
        "unreadable": 0,
        "canaries": 1,
        "canaries_intact": 1,
        "odd": 0,
        "renamed": 0,
        "matched": 0,
        "odd.dicom": 0,
        "odd.other": 0,
        "odd.pdf": 0,
        "odd.text": 0,
        "rule.ransom_note": 0,
    }
    assert "DUPONT" not in repr(values)


def test_each_trace_of_encryption_is_counted(connections: SshConnections, place: str) -> None:
    quiet, loud = seen(connections, place, "points/0002-b"), seen(connections, place, "points/0003-c")
    assert (quiet["canaries_intact"], quiet["odd.pdf"], quiet["renamed"], quiet["matched"]) == (1, 1, 0, 0)
    assert (loud["canaries_intact"], loud["odd.other"], loud["odd.text"]) == (0, 8, 1)
    assert (loud["renamed"], loud["matched"], loud["rule.ransom_note"]) == (8, 1, 1)


def test_what_was_restored_is_told_from_what_should_have_been(connections: SshConnections, place: str) -> None:
    values = points(connections, place)
    assert (values["newest_clean"], values["later"], values["restored_is_newest_clean"]) == ("a", 2, True)
    assert (values["later.odd-content"], values["later.canary-damaged"], values["later.mass-change"]) == (2, 1, 1)
    assert points(connections, place, "points/0003-c")["restored_is_newest_clean"] is False


def test_one_file_more_or_less_is_not_the_clean_point(connections: SshConnections, place: str) -> None:
    shell(connections, 'cp "$1/restored/canary.csv" "$1/restored/more.csv"', place)
    assert points(connections, place)["restored_is_newest_clean"] is False


def test_what_could_not_be_read_is_counted_and_its_point_is_not_clean(connections: SshConnections, place: str) -> None:
    shell(connections, 'chmod 0 "$1"/points/0001-a/letters', place)
    unreadable = seen(connections, place, "points/0001-a")["unreadable"]
    found = points(connections, place)
    shell(connections, 'chmod 700 "$1"/points/0001-a/letters', place)
    assert (unreadable, found["newest_clean"], found["later.not-scanned"]) == (1, "none", 1)


def test_what_is_not_there_has_been_seen_not_to_be_there(connections: SshConnections, place: str) -> None:
    assert ask(connections, place, "nothing") == Answer(answered=True, values={"exists": False})


def test_without_a_rule_nothing_is_said(connections: SshConnections, place: str) -> None:
    shell(connections, ': >"$1/rules/note.yar"', place)
    answer = ask(connections, place, "restored")
    assert (answer.answered, "can find nothing" in answer.fault) == (False, True)


@pytest.mark.parametrize(
    "spoil",
    [
        'rm -r "$1/rules"',
        'echo "rule broken {" >"$1/rules/broken.yar"',
        'rm "$1/canaries"',
        'echo "no digest" >"$1/canaries"',
    ],
)
def test_a_scan_that_lacks_what_it_goes_by_has_not_answered(
    connections: SshConnections, place: str, spoil: str
) -> None:
    shell(connections, spoil, place)
    assert ask(connections, place, "restored").answered is False


def test_a_host_without_yara_has_not_answered(connections: SshConnections, place: str) -> None:
    assert ask(connections, place, "restored", yara="/nowhere/yara").answered is False


def test_a_question_without_meaning_is_refused(connections: SshConnections, place: str) -> None:
    with pytest.raises(ProbeError, match="probe scan"):
        ask(connections, place, "restored", entropy=8)
