"""The machine: versions, programs, its clock, space on its disks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from orchestrator.adapters.ansible.scratch import scratch_base
from orchestrator.app.doctor.answers import Answer, doubtful, good, wrong
from orchestrator.project import Project

AREA = "machine"
DISTRIBUTION = "reprise-drills"
ENOUGH_BYTES, LEAST_BYTES = 1_000_000_000, 100_000_000
"""Of free space: below the first somebody should look, below the second no drill should begin."""
_ANSWER_WITHIN_S = 10


def examine_machine(project: Project) -> Iterator[Answer]:
    """Everything about the machine."""
    yield good(AREA, "Python", f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}")
    yield from _packages()
    yield from _programs(project)
    yield from _time()
    for subject, path in (("runs", project.runs), ("register", project.register), ("scratch", scratch_base())):
        yield _space(subject, path)
    yield from _settings(project)


def _packages() -> Iterator[Answer]:
    """What this version needs, as its own metadata say."""
    needed = [Requirement(text) for text in requires(DISTRIBUTION) or ()]
    unfit = [fault for one in needed if one.marker is None or one.marker.evaluate() if (fault := _unfit(one))]
    hint = "install reprise again, into a virtual environment of its own"
    if unfit:
        yield wrong(AREA, "packages", "; ".join(unfit), hint=hint)
    else:
        yield good(AREA, "packages", f"{DISTRIBUTION} {version(DISTRIBUTION)}, and all that it needs")


def _unfit(needed: Requirement) -> str:
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        return f"{needed.name} is not installed"
    return "" if needed.specifier.contains(found, prereleases=True) else f"{needed} is needed, and there is {found}"


def _programs(project: Project) -> Iterator[Answer]:
    """Only those that this project's drills are run with here: what hosts need is asked by `reprise check`."""
    beside = Path(sys.executable).parent
    for name in ("ansible-playbook", "ansible-inventory"):
        found = (beside / name).is_file()
        hint = "install reprise again, into a virtual environment of its own"
        yield good(AREA, name) if found else wrong(AREA, name, f"it is not in {beside}", hint=hint)
    for name in sorted(_needed(project)):
        place = shutil.which(name)
        hint = f"install the package of {name}"
        yield good(AREA, name, place) if place else wrong(AREA, name, "it is not in PATH", hint=hint)


def _needed(project: Project) -> set[str]:
    definition = project.definition
    publishes = any(one.git is not None for one in definition.register_.publish)
    return {"ssh"} | ({"ssh-keygen"} if definition.people else set()) | ({"git"} if publishes else set())


def _time() -> Iterator[Answer]:
    """Verdicts rest on the monotonic clock, but dates of evidence and comparisons with hosts on this one."""
    hint = "keep the clock by chrony or systemd-timesyncd"
    said = _said("chronyc", "-n", "tracking")
    if said is not None:
        synchronised = "Not synchronised" not in said and "Leap status" in said
    else:
        said = _said("timedatectl", "show", "--property=NTPSynchronized", "--value")
        synchronised = said == "yes"
    if said is None:
        yield doubtful(AREA, "time", "no program here tells whether the clock is kept", hint=hint)
    elif synchronised:
        yield good(AREA, "time", "the clock is synchronised")
    else:
        yield doubtful(AREA, "time", "the clock is not synchronised", hint=hint)


def _said(*command: str) -> str | None:
    """What a program says; None where there is none, or it cannot tell."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            text=True,
            timeout=_ANSWER_WITHIN_S,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _space(subject: str, path: Path) -> Answer:
    place = next(parent for parent in (path, *path.parents) if parent.exists())
    free = shutil.disk_usage(place).free
    detail = f"{free / 1_000_000_000:.1f} GB free at {place}"
    subject = f"space for {subject}"
    if free < LEAST_BYTES:
        return wrong(AREA, subject, detail, hint="free space before a drill: what cannot be written is not proved")
    if free < ENOUGH_BYTES:
        return doubtful(AREA, subject, detail, hint="free space, or see `reprise prune`")
    return good(AREA, subject, detail)


def _settings(project: Project) -> Iterator[Answer]:
    """Playbooks are run with none of them; the inventory is listed with them, as Ansible does."""
    places = (Path("ansible.cfg"), Path.home() / ".ansible.cfg", Path("/etc/ansible/ansible.cfg"))
    found = [str(place) for place in dict.fromkeys((project.root / "ansible.cfg", *places)) if place.is_file()]
    hint = "drills run without it: what it says of roles, plugins or SSH does not count here"
    if found:
        yield doubtful(AREA, "Ansible's settings", f"there is {', '.join(found)}", hint=hint)
    else:
        yield good(AREA, "Ansible's settings", "none that would change how the inventory is read")
