"""The time zone that a drill's schedule names, from the list that this machine has."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestrator.core.drill import Schedule
from orchestrator.errors import DefinitionError, Fault


def find_zone(schedule: Schedule, *, file: str) -> ZoneInfo:
    """The zone in which a schedule's days and times are meant.

    Args:
        schedule: Of a drill.
        file: Where it stands, for the message.

    Raises:
        DefinitionError: There is no such zone.
    """
    try:
        return ZoneInfo(schedule.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message, hint = f"there is no time zone {schedule.timezone}", "a name of the IANA list, such as Europe/Paris"
        fault = Fault(file=file, line=None, key="schedule.timezone", message=message, hint=hint)
        raise DefinitionError((fault,)) from error
