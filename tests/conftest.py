"""What every test stands on: the staging lab, built once for a session, and examples that chance has no part in."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from orchestrator.errors import LabError
from orchestrator.lab import Layout, build_layout, default_state, down, up
from orchestrator.lab.account import account_name, ensure_account
from orchestrator.lab.namespaces import find_namespaces
from orchestrator.lab.stacks import choose_stacks
from orchestrator.lab.tools import find_tools

# The same examples each time, however long this machine takes for one: a failure is the code's, and comes again.
settings.register_profile("reprise", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("reprise")


@pytest.fixture(scope="session")
def lab() -> Iterator[Layout]:
    """A lab that is up, with 5 MB of data: its state, project, addresses and ports.

    Who breaks it brings it back: `orchestrator.lab.up` on the same state repairs it.
    """
    # Beside the default one, since sshd refuses what lies below /tmp; the number keeps two sessions of tests apart.
    state = default_state().with_name(f"reprise-test-{os.getpid()}")
    yield from _lab_in(state)


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Skips, with the kernel's reason, where this machine gives the lab no network namespaces."""
    tools = find_tools(choose_stacks(("partition",)))
    try:
        find_namespaces(account=ensure_account(), tools=tools)
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def other_lab() -> Iterator[Layout]:
    """A second lab beside the first, for tests that take one down."""
    yield from _lab_in(default_state().with_name(f"reprise-test-{os.getpid()}-other"))


@pytest.fixture(scope="module")
def plain_lab() -> Iterator[Layout]:
    """A lab of its own that has the parts of every lab alone: no other test has added one to it."""
    yield from _lab_in(default_state().with_name(f"reprise-test-{os.getpid()}-plain"))


@pytest.fixture(scope="module")
def wired_lab(namespaces: None) -> Iterator[Layout]:
    """A lab of its own that has hosts in networks of their own."""
    state = default_state().with_name(f"reprise-test-{os.getpid()}-wired")
    yield from _lab_in(state, stacks=("partition",))


def _lab_in(state: Path, *, stacks: tuple[str, ...] = ()) -> Iterator[Layout]:
    try:
        up(state=state, data_megabytes=5, say=print, stacks=stacks)
        yield build_layout(state=state, user=account_name(), stacks=stacks)
    finally:
        down(state=state, say=print, purge=True)
