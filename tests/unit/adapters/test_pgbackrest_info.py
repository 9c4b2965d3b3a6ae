import json
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.adapters.backups.pgbackrest_info import parse_info, read_points
from orchestrator.core.plan import RecoveryPoint
from orchestrator.errors import CatalogueError


def backup(label: str, *, stop: int, error: bool | None = False) -> dict[str, Any]:
    """As pgBackRest 2.45 writes it."""
    return {
        "archive": {"start": "000000010000000000000004", "stop": "000000010000000000000005"},
        "backrest": {"format": 5, "version": "2.45"},
        "database": {"id": 1, "repo-key": 1},
        "error": error,
        "info": {"delta": 57797489, "repository": {"delta": 17549523, "size": 17549523}, "size": 57797489},
        "label": label,
        "lsn": {"start": "0/4000028", "stop": "0/5000050"},
        "prior": None,
        "reference": None,
        "timestamp": {"start": stop - 3, "stop": stop},
        "type": "full",
    }


def stanza(*backups: dict[str, Any], code: int = 0, message: str = "ok", cipher: str = "none") -> dict[str, Any]:
    return {
        "archive": [],
        "backup": list(backups),
        "cipher": cipher,
        "db": [{"id": 1, "repo-key": 1, "system-id": 7711503374350684211, "version": "15"}],
        "name": "dpi",
        "repo": [{"cipher": cipher, "key": 1, "status": {"code": code, "message": message}}],
        "status": {"code": code, "lock": {"backup": {"held": False}}, "message": message},
    }


def points(*stanzas: dict[str, Any]) -> tuple[RecoveryPoint, ...]:
    return read_points(parse_info(json.dumps(stanzas).encode()))


def test_backups_come_oldest_first_and_with_everything_that_is_pinned() -> None:
    newer, older = backup("20261123-225143F", stop=1795474303), backup("20261122-225143F", stop=1795387903)
    found = points(stanza(newer, older))
    assert [point.id for point in found] == ["20261122-225143F", "20261123-225143F"]
    newest = found[-1]
    assert newest.finished_at.isoformat() == "2026-11-23T22:51:43+00:00"
    assert (newest.finished_at - newest.started_at).seconds == 3
    assert (newest.size_bytes, newest.repository_bytes) == (57797489, 17549523)
    assert (newest.tool, newest.tool_version, newest.encrypted) == ("pgbackrest", "2.45", False)
    # Over 2^53: kept exact, as text.
    assert newest.system_identifier == "7711503374350684211"
    assert newest.last_log == "000000010000000000000005"


def test_encryption_is_told() -> None:
    assert points(stanza(backup("a", stop=10), cipher="aes-256-cbc"))[0].encrypted is True


def test_a_backup_with_an_error_is_no_candidate() -> None:
    found = points(stanza(backup("good", stop=10), backup("bad", stop=20, error=True)))
    assert [point.id for point in found] == ["good"]


@pytest.mark.parametrize(
    ("stanzas", "words"),
    [
        ([stanza(code=1, message="missing stanza path")], "missing stanza path"),
        ([stanza(code=2, message="no valid backups")], "no valid backups"),
        ([stanza(backup("a", stop=10), code=99, message="other")], "status 99"),
        ([stanza()], "no backup"),
        ([stanza(backup("bad", stop=10, error=True))], "no backup"),
        ([], "0 stanzas"),
        ([stanza(backup("a", stop=10)), stanza(backup("b", stop=10))], "2 stanzas"),
    ],
)
def test_what_cannot_be_restored_is_named(stanzas: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(CatalogueError, match=words):
        points(*stanzas)


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b'[{"name": "dpi"}]', b"ERROR: [055]"])
def test_an_answer_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(ValidationError):
        parse_info(content)


def test_what_a_later_version_adds_is_ignored() -> None:
    later = backup("a", stop=10) | {"annotation": {"x": "y"}, "lsn": {"start": "0/1", "stop": "0/2"}}
    assert points(stanza(later) | {"new": 1})[0].id == "a"


def test_an_encrypted_repository_that_is_read_without_its_key_is_told_as_such() -> None:
    said = (
        json.dumps([stanza(code=99, message="other")])
        .encode()
        .replace(b'"other"}}]', b'"at line 1: Salted__\xf4\x02\xff"}}]')
    )
    with pytest.raises(CatalogueError, match="status 99") as caught:
        read_points(parse_info(said))
    assert "passphrase" in str(caught.value.hint)
