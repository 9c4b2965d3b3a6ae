"""Ansible's side of the adapter: numbers every event, reduces it to names and times, writes it to a pipe of ours.

Loaded by Ansible inside its own process. Imports nothing of the product; what is not on the allow-list here (results,
arguments, facts) never leaves that process.
"""

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: reprise
type: notification
short_description: writes numbered events for the orchestrator
description: Names, outcomes and monotonic times of tasks, claims published with set_stats, and the final count.
"""

PIPE_VARIABLE = "REPRISE_EVENTS"
CLAIMS = "reprise_claims"
LONGEST_CLAIM = 200


def _now_us() -> int:
    return time.monotonic_ns() // 1000


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Writes one line of JSON for each event, in order, numbered from 0."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "reprise"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self._started: dict[tuple[str, str], int] = {}
        self._pipe = os.open(os.environ[PIPE_VARIABLE], os.O_WRONLY | os.O_CLOEXEC)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """A task begins on a host."""
        self._started[host.get_name(), task._uuid] = _now_us()

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task ended well."""
        self._task(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed."""
        self._task(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task was left out."""
        self._task(result, "skipped")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host did not answer."""
        self._task(result, "unreachable")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The end: what was published, the final count, and how many events there were."""
        claims: dict[str, Any] = {}
        for published in stats.custom.values():
            claims.update(published.get(CLAIMS) or {})
        kept = {str(k): v for k, v in claims.items() if self._is_claim(v)}
        self._write({"type": "claims", "claims": kept, "dropped": len(claims) - len(kept)})
        hosts = {host: dict(stats.summarize(host)) for host in stats.processed}
        self._write({"type": "stats", "hosts": hosts})

    def _task(self, result: Any, outcome: str) -> None:
        finished = _now_us()
        host, task = result.host.get_name(), result.task
        started = self._started.pop((host, task._uuid), finished)
        self._write(
            {
                "type": "task",
                "host": host,
                "task": (task.get_name() or "")[:200],
                "action": task.action[:100],
                "outcome": outcome,
                "started_us": started,
                "finished_us": finished,
            }
        )

    @staticmethod
    def _is_claim(value: object) -> bool:
        if isinstance(value, str):
            return len(value) <= LONGEST_CLAIM
        return isinstance(value, (bool, int))

    def _write(self, event: dict[str, Any]) -> None:
        line = json.dumps({"number": self._number, **event}).encode() + b"\n"
        self._number += 1
        while line:
            line = line[os.write(self._pipe, line) :]
