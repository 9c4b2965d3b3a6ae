"""Whether a drill says what becomes of the people whom its restore brings back though they were erased. Pure.

How they are erased again is a step like any other, and that they are gone a check like any other: no opinion on either.
"""

from orchestrator.core.plan import Plan

DATABASE = "database"


def erasures_forgotten(plan: Plan) -> bool:
    """Whether a database is restored by a drill that says nothing of erasures (`Drill.erasures`).

    That it is one, the drill says or the catalogue does: neither can take back what the other says.
    """
    choice = plan.drill.recovery_point
    if choice is None or plan.drill.erasures is not None:
        return False
    return DATABASE in (choice.of, *(point.of for point in plan.pinned_points))
