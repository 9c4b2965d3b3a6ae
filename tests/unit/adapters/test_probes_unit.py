import pytest

from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.probes.unit import UnitQuestion, read_unit
from orchestrator.core.ports import Answer
from orchestrator.errors import ProbeError

RUNNING = b"""MainPID=812
Result=success
NRestarts=1
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
"""
# systemctl leaves out of a unit that is not there what it would have to know it for.
MISSING = b"LoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n"
FAILED = RUNNING.replace(b"active\nSubState=running", b"failed\nSubState=failed").replace(b"=success", b"=exit-code")


def test_a_unit_that_runs() -> None:
    assert read_unit(RUNNING).values == {
        "loaded": True,
        "active": True,
        "enabled": True,
        "active_state": "active",
        "sub_state": "running",
        "unit_file_state": "enabled",
        "main_pid": 812,
        "restarts": 1,
        "result": "success",
    }


def test_a_unit_that_is_not_there_is_an_answer() -> None:
    values = read_unit(MISSING).values
    assert (values["loaded"], values["active"], values["enabled"], values["main_pid"]) == (False, False, False, 0)


def test_a_unit_that_failed_says_how() -> None:
    values = read_unit(FAILED).values
    assert (values["active"], values["active_state"], values["result"]) == (False, "failed", "exit-code")


@pytest.mark.parametrize("state", ["disabled", "masked", "static", "indirect"])
def test_only_what_starts_by_itself_is_enabled(state: str) -> None:
    assert read_unit(RUNNING.replace(b"=enabled", f"={state}".encode())).values["enabled"] is False


@pytest.mark.parametrize("said", [b"", b"Unit not found", b"ActiveState=active", RUNNING.replace(b"=812", b"=many")])
def test_what_is_not_understood_is_no_answer(said: bytes) -> None:
    assert read_unit(said) == Answer(answered=False, values={}, fault="what systemd says is not understood")


@pytest.mark.parametrize("unit", ["", "a b", "-all;reboot", "$(reboot)"])
def test_what_is_no_name_of_a_unit_is_refused(unit: str) -> None:
    with pytest.raises(ProbeError):
        read_question(UnitQuestion, {"host": "h", "unit": unit}, probe="unit")
