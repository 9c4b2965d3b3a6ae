"""Which changes of a log an export does not hold: what is in both is applied once, what is damaged ends the program."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator.plugins import bundled_content

PROGRAM = bundled_content() / "playbooks" / "ldap" / "files" / "changes.py"
EXPORT = """dn: uid=a,dc=x
uid: a
entryCSN: 20261124120000.000005Z#000000#000#000000

dn:: dWlkPWIsZGM9eA==
uid: b
entryCSN: 20261124120000.000005Z#000000#000#000000

"""


def change(kind: str, name: str, *lines: str, second: int = 1795521600, conn: str = "1000") -> str:
    """As auditlog writes it; the second is 12:00:00 of the export's day."""
    body = "".join(f"{line}\n" for line in (f"dn: {name}", f"changetype: {kind}", *lines))
    return f"# {kind} {second} dc=x cn=admin PATH=/s conn={conn}\n{body}# end {kind} {second}\n\n"


def modified(name: str, micro: int, *, conn: str = "1000") -> str:
    lines = ("replace: l", "l: Paris", "-", "replace: entryCSN", f"entryCSN: {csn(micro)}", "-")
    return change("modify", name, *lines, conn=conn)


def csn(micro: int) -> str:
    return f"20261124120000.{micro:06}Z#000000#000#000000"


def run(tmp_path: Path, log: str) -> "subprocess.CompletedProcess[str]":
    (tmp_path / "export").write_text(EXPORT)
    (tmp_path / "log").write_text(log)
    command = [sys.executable, str(PROGRAM), str(tmp_path / "export"), str(tmp_path / "log")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def applied(tmp_path: Path, *log: str) -> tuple[list[str], dict[str, Any]]:
    done = run(tmp_path, "".join(log))
    assert done.returncode == 0, done.stderr
    return [block for block in done.stdout.split("\n\n") if block], json.loads(done.stderr)


def test_what_the_export_holds_already_is_not_applied_again(tmp_path: Path) -> None:
    blocks, told = applied(tmp_path, modified("uid=a,dc=x", 4), modified("uid=a,dc=x", 5), modified("uid=a,dc=x", 6))
    assert blocks == ["dn: uid=a,dc=x\nchangetype: modify\nreplace: l\nl: Paris\n-"]
    assert told == {"changes": 1, "changes_in_export": 2, "cut_off": 0}


def test_an_addition_keeps_the_identity_and_leaves_out_what_the_server_writes(tmp_path: Path) -> None:
    lines = (
        "uid: c",
        "structuralObjectClass: account",
        "entryUUID: u-1",
        f"entryCSN: {csn(9)}",
        "description: a",
        " b",
    )
    blocks, _ = applied(tmp_path, change("add", "uid=c,dc=x", *lines))
    assert blocks == ["dn: uid=c,dc=x\nchangetype: add\nuid: c\nentryUUID: u-1\ndescription: ab"]
    assert applied(tmp_path, change("add", "UID=a, dc=x", f"entryCSN: {csn(5)}"))[0] == []


def test_what_was_removed_before_the_export_is_passed_over(tmp_path: Path) -> None:
    blocks, told = applied(tmp_path, modified("uid=e,dc=x", 9), change("delete", "uid=e,dc=x"))
    assert (blocks, told["changes_in_export"]) == ([], 2)


def test_a_removal_and_a_new_name_are_followed(tmp_path: Path) -> None:
    log = (
        change("modrdn", "uid=a,dc=x", "newrdn: uid=z", "deleteoldrdn: 1"),
        modified("uid=z,dc=x", 9),
        change("delete", "uid=b,dc=x"),
        modified("uid=b,dc=x", 9),
    )
    blocks, told = applied(tmp_path, *log)
    assert [block.split("\n")[1] for block in blocks] == [
        "changetype: modrdn",
        "changetype: modify",
        "changetype: delete",
    ]
    assert told["changes"] == 3


def test_an_entry_that_came_again_after_a_removal_stays(tmp_path: Path) -> None:
    assert applied(tmp_path, change("delete", "uid=a,dc=x", second=1795521599))[0] == []


def test_what_the_server_does_again_by_itself_is_left_to_it(tmp_path: Path) -> None:
    assert applied(tmp_path, modified("uid=a,dc=x", 9, conn="-1"))[0] == []


def test_a_last_change_that_is_cut_off_is_left_out_and_told(tmp_path: Path) -> None:
    whole = modified("uid=a,dc=x", 9)
    blocks, told = applied(tmp_path, whole, whole[:60])
    assert (len(blocks), told["cut_off"]) == (1, 1)


@pytest.mark.parametrize(
    "damaged",
    [
        modified("uid=a,dc=x", 9).replace("# end modify", "# oops"),
        modified("uid=a,dc=x", 9).split("\n", 1)[1],
        modified("uid=a,dc=x", 9).replace("# end modify", "# end add"),
    ],
)
def test_a_log_that_is_damaged_in_the_middle_ends_the_restore(tmp_path: Path, damaged: str) -> None:
    done = run(tmp_path, damaged + modified("uid=b,dc=x", 9))
    assert done.returncode == 1
    assert done.stderr.startswith("the log of changes is damaged")
