"""What a supervisor does alone when its orchestrator is dead: ends the attempt on the targets, closes connections."""

from orchestrator.adapters.ansible.reaper import reap
from orchestrator.adapters.ansible.sockets import close_masters
from orchestrator.adapters.ansible.told import Order, Target
from orchestrator.adapters.ssh import HostAddress, SshConnections


def end_on_targets(order: Order) -> tuple[str, ...]:
    """End everything of the attempt on every host of the plan; return why something may be left, if it may."""
    connections = SshConnections(
        hosts={target.name: _address(target) for target in order.targets}, known_hosts=order.known_hosts
    )
    try:
        reaped = reap(tuple(target.name for target in order.targets), mark=order.mark, connections=connections)
    finally:
        connections.close()
        close_masters(order.sockets)
    return tuple(found.fault for found in reaped if found.fault)


def _address(target: Target) -> HostAddress:
    return HostAddress(
        name=target.name,
        address=target.address,
        port=target.port,
        user=target.user,
        key_file=target.key_file,
        python=target.python,
    )
