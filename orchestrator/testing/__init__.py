"""A fake of every port of `orchestrator.core.ports`, for the tests of the product and of its plug-ins. No mock library.

Each fake does what its port promises, on a clock that only the test moves, and remembers what was asked of it. Where a
test wants a fault it says so when it makes the fake; nothing fails by chance.
"""

from orchestrator.testing.catalogue import FakeCatalogue
from orchestrator.testing.clock import FakeClock, ManualStop
from orchestrator.testing.examples import example_drill, example_plan, tabletop_drill, tabletop_plan
from orchestrator.testing.hosts import FakeHosts
from orchestrator.testing.journal import MemoryJournal
from orchestrator.testing.observers import FakeObservers
from orchestrator.testing.people import Said, ScriptedPeople, answer
from orchestrator.testing.playbooks import Play, ScriptedPlaybooks
from orchestrator.testing.probes import Reply, ScriptedProbe
from orchestrator.testing.service import FakeService

__all__ = [
    "FakeCatalogue",
    "FakeClock",
    "FakeHosts",
    "FakeObservers",
    "FakeService",
    "ManualStop",
    "MemoryJournal",
    "Play",
    "Reply",
    "Said",
    "ScriptedPeople",
    "ScriptedPlaybooks",
    "ScriptedProbe",
    "answer",
    "example_drill",
    "example_plan",
    "tabletop_drill",
    "tabletop_plan",
]
