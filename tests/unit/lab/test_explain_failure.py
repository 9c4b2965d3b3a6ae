"""What a person is told when a playbook of the lab fails: the task, the host and the last words."""

import json

from orchestrator.lab.playbook import explain_failure


def fatal(host: str, **result: object) -> str:
    return f"fatal: [{host}]: FAILED! => {json.dumps(result)}"


def test_the_task_the_host_and_its_last_words() -> None:
    lines = [
        "TASK [First] ***",
        "ok: [source]",
        "TASK [Configuration and sshd] ************",
        fatal("source", msg="non-zero return code", stderr="a warning\nsshd: no such file\n"),
        fatal("restore", msg="non-zero return code", stderr="", stdout="refused"),
    ]
    assert explain_failure(lines) == "Configuration and sshd: source: sshd: no such file; restore: refused"


def test_a_host_that_cannot_be_reached() -> None:
    lines = ["TASK [Full backup] ***", 'fatal: [source]: UNREACHABLE! => {"msg": "Connection refused"}']
    assert explain_failure(lines) == "Full backup: source: Connection refused"


def test_no_task_was_reached() -> None:
    assert explain_failure(["ERROR! the playbook could not be found", ""]).startswith("before the first task: ERROR!")
