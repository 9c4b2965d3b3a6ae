"""The backups that the staging lab has had, oldest first, one a line: generation of the documents, class, time in UTC.

Two monthly, three weekly and three daily ones, at the nights that a real plan would have chosen up to yesterday.
"""

import sys
from datetime import UTC, datetime, time, timedelta


def nights(yesterday: datetime) -> list[tuple[datetime, str]]:
    """When which backup was taken."""
    this_month = yesterday.replace(day=1)
    sunday = yesterday - timedelta(days=(yesterday.weekday() + 1) % 7)
    months = (this_month, (this_month - timedelta(days=1)).replace(day=1))
    taken = [(month + timedelta(hours=1), "monthly") for month in months]
    taken += [(sunday - timedelta(weeks=back) + timedelta(hours=2), "weekly") for back in range(3)]
    taken += [(yesterday - timedelta(days=back) + timedelta(hours=3), "daily") for back in range(3)]
    return sorted(taken)


if __name__ == "__main__":
    today = datetime.combine(datetime.now(UTC).date(), time(), UTC)
    for generation, (at, kind) in enumerate(nights(today - timedelta(days=1)), start=1):
        sys.stdout.write(f"{generation} {kind} {at:%Y-%m-%dT%H:%M:%S}\n")
