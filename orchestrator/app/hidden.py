"""Whether a drill's parameter would hide what the inventory says of a host: it would be read there as the other."""

from collections.abc import Sequence

from orchestrator.adapters.inventory import InventoryHost
from orchestrator.core.drill import Drill
from orchestrator.errors import DefinitionError, Fault


def check_hidden(drill: Drill, *, hosts: Sequence[InventoryHost], file: str) -> None:
    """Compare the names of a drill's parameters with the variables of its hosts.

    Raises:
        DefinitionError: Some are the same; it names each.
    """
    hidden = sorted({name for host in hosts for name in host.variables if name in drill.parameters})
    hint = "call the parameter otherwise"
    faults = tuple(
        Fault(file=file, line=None, key=f"parameters.{name}", message="is a variable of the inventory too", hint=hint)
        for name in hidden
    )
    if faults:
        raise DefinitionError(faults)
