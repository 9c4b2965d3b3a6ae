from datetime import UTC, datetime, timedelta

from orchestrator.adapters.probes.backups import summary
from orchestrator.core.plan import RecoveryPoint

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


def _point(name: str, *, age: timedelta, encrypted: bool | None = True) -> RecoveryPoint:
    return RecoveryPoint(
        id=name,
        kind="full",
        started_at=NOW - age - timedelta(minutes=1),
        finished_at=NOW - age,
        size_bytes=1,
        tool="tool",
        tool_version="1",
        manifest_sha256=None,
        encrypted=encrypted,
    )


def test_no_recovery_point_says_no_more_than_that() -> None:
    assert summary((), now=NOW) == {"points": 0}


def test_the_newest_is_the_last_and_no_age_is_rounded_down() -> None:
    points = (_point("old", age=timedelta(days=3)), _point("new", age=timedelta(seconds=90, milliseconds=1)))
    assert summary(points, now=NOW) == {
        "points": 2,
        "newest": "new",
        "newest_age_s": 91,
        "oldest_age_s": 3 * 86_400,
        "encrypted": True,
    }


def test_one_that_is_not_known_to_be_encrypted_is_enough() -> None:
    for doubtful in (None, False):
        points = (_point("a", age=timedelta(1), encrypted=doubtful), _point("b", age=timedelta(0)))
        assert summary(points, now=NOW)["encrypted"] is False
