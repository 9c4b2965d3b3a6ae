"""Ansible's `sh`, with the attempt's mark in the environment of every module, also where `become` clears it.

Loaded by Ansible in its own process. A stopped task goes on running on the target; by its mark it is found and ended.
"""

import os
from typing import Any

from ansible.plugins.shell.sh import ShellModule as PosixShell

DOCUMENTATION = """
name: reprise
short_description: sh, with the attempt's mark in the environment of modules
description: As the sh shell plugin, and every module carries the mark of the orchestrator's attempt.
extends_documentation_fragment:
  - shell_common
"""

HERE = "REPRISE_HERE"
ON_TARGET = "REPRISE_ATTEMPT"


class ShellModule(PosixShell):  # type: ignore[misc]
    """Marks what `marking_ssh` cannot: what runs after `become` has thrown away the environment."""

    def env_prefix(self, **kwargs: Any) -> str:
        """The environment of a module, in front of its interpreter."""
        return str(super().env_prefix(**{**kwargs, ON_TARGET: os.environ[HERE]}))
