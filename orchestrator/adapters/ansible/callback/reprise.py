"""Ansible's side of the adapter: numbers every event, reduces it to names and times, and writes it to a pipe of ours.

Loaded by Ansible in its own process, so it imports nothing of the product. Results, arguments and facts never leave
that process: what is not on the list below is not written.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import shell_loader

DOCUMENTATION = """
name: reprise
type: stdout
short_description: writes numbered events for the orchestrator, and nothing else
description: Names, outcomes and monotonic times of tasks, claims published with set_stats, and Ansible's final count.
"""

PIPE_VARIABLE = "REPRISE_EVENTS"
CLAIMS = "reprise_claims"
CLAIM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
LONGEST_TEXT = 200
LARGEST_NUMBER = 2**53
"""Beyond it a JSON reader may round, and the journal is canonical JSON."""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Writes one line of JSON for each event, numbered from 0, so that a lost one is noticed."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "reprise"

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self._started: dict[tuple[str, str], tuple[int, str]] = {}
        self._patterns: list[str] = []
        self._unmatched: list[list[str]] = []
        self._pipe = os.open(os.environ[PIPE_VARIABLE], os.O_WRONLY | os.O_CLOEXEC)
        # Ansible has no setting for where shell plugins are; this is before any worker is forked.
        shell_loader.add_directory(os.path.join(os.path.dirname(__file__), os.pardir, "shell"))  # noqa: PTH118, PTH120

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """A task is handed to a worker, for one host."""
        self._started[host.get_name(), task._uuid] = _now_us(), _name_as_written(task)

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task ended well; it may have published claims."""
        self._task(result, "changed" if result.is_changed() else "ok")
        if result.task.action.rpartition(".")[2] == "set_stats":
            for claims in _published(result.result):
                self._claims(claims)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed."""
        self._task(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task was left out."""
        self._task(result, "skipped")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host did not answer, whether or not the playbook ignores that."""
        self._task(result, "unreachable")

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """A play begins: what it says of hosts is kept until it is known whether that matches one."""
        self._patterns = [str(pattern) for pattern in play.hosts]

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """The play matches no host, and Ansible goes on as if it had been carried out."""
        self._unmatched.append(self._patterns)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The end, with Ansible's own count."""
        hosts = {_text(host): stats.summarize(host) for host in stats.processed}
        self._write("stats", hosts=hosts, unmatched=self._unmatched)

    def _task(self, result: Any, outcome: str) -> None:
        finished_us = _now_us()
        host, task = result.host.get_name(), result.task
        started_us, name = self._started.pop((host, task._uuid), (finished_us, ""))
        self._write(
            "task",
            host=_text(host),
            task=_text(name or task.action),
            action=_text(task.action),
            outcome=outcome,
            started_us=started_us,
            finished_us=finished_us,
        )

    def _claims(self, claims: Any) -> None:
        pairs = list(claims.items()) if isinstance(claims, dict) else [(None, claims)]
        kept = {str(name): _plain(value) for name, value in pairs if _is_claim(name, value)}
        self._write("claims", claims=kept, dropped=len(pairs) - len(kept))

    def _write(self, kind: str, **fields: Any) -> None:
        # Counted before it is written: Ansible swallows what goes wrong in here, and the gap must show.
        self._number += 1
        line = json.dumps({"number": self._number - 1, "type": kind, **fields}).encode() + b"\n"
        while line:
            line = line[os.write(self._pipe, line) :]


def _now_us() -> int:
    return time.monotonic_ns() // 1_000


def _name_as_written(task: Any) -> str:
    """With its variables filled in, a name may say what no evidence may hold. `get_ds` is what the YAML said."""
    written = task.get_ds()
    return str(written.get("name") or "") if isinstance(written, dict) else ""


def _text(words: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in words)[:LONGEST_TEXT]


def _published(result: dict[str, Any]) -> Iterator[Any]:
    """What each set_stats of the task, once or in a loop, says under our key."""
    for part in [result, *(result.get("results") or ())]:
        statistics = part.get("ansible_stats") if isinstance(part, dict) else None
        if isinstance(statistics, dict) and CLAIMS in (statistics.get("data") or {}):
            yield statistics["data"][CLAIMS]


def _is_claim(name: object, value: object) -> bool:
    if not isinstance(name, str) or not CLAIM_NAME.fullmatch(name):
        return False
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and value.isprintable()
    return isinstance(value, int) and abs(value) < LARGEST_NUMBER


def _plain(value: Any) -> bool | int | str:
    """Without Ansible's own subclass, which carries where the value came from."""
    if isinstance(value, bool):
        return value
    return int(value) if isinstance(value, int) else str(value)
