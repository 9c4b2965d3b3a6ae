"""How a host is reached and what the inventory says of it. Values only: connecting is `connections`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.core.model import Scalar
from orchestrator.errors import SshError

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAddress:
    """One host as the inventory's `ansible_*` variables give it.

    `variables` are the other inventory variables of the host that a drill may name as `{postgresql_data}`: where
    things are is the inventory's business, so a drill file is the same for every project.
    """

    name: str
    address: str
    port: int = 22
    user: str
    key_file: Path | None = None
    python: str = "/usr/bin/python3"
    variables: Mapping[str, Scalar] = field(default_factory=dict, hash=False, compare=False)

    def fill(self, text: str) -> str:
        """The text with each `{name}` replaced by the host's inventory variable of that name; `{host}` is its name.

        Raises:
            SshError: The inventory gives this host no such variable.
        """
        return _PLACEHOLDER.sub(lambda match: str(self._variable(match[1])), text)

    def _variable(self, name: str) -> Scalar:
        known = {**self.variables, "host": self.name}
        if name not in known:
            raise SshError(
                f"host {self.name}: the inventory gives it no variable {name}",
                hint=f"set {name} for {self.name} in the inventory",
            )
        return known[name]
