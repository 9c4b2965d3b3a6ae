"""What the templates and playbooks of the lab are told. Pure: computed from the layout and what was found."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from orchestrator.lab.account import Account
from orchestrator.lab.layout import Layout
from orchestrator.lab.people import people
from orchestrator.lab.tools import Tools

PROJECT_NAME = "reprise-lab"
STAGING_GROUP = "staging"

# Calibrated: a patient with stays, prescriptions, results and indexes takes about 1.6 kB.
_PATIENTS_PER_MEGABYTE = 620
_SEED = 2026

# Who may come to a host, beside the operator: pgBackRest goes both ways between a database and its repository.
_VISITORS = {
    "source": ("repository",),
    "repository": ("source", "restore"),
    "restore": ("repository",),
    "production": (),
}


def lab_variables(*, layout: Layout, tools: Tools, account: Account, data_megabytes: int) -> Mapping[str, Any]:
    """What is known as `lab`. Holds no secret: the playbooks read passwords from the passfile that it names."""
    return {
        "project_name": PROJECT_NAME,
        "staging_group": STAGING_GROUP,
        "user": account.name,
        "as_user": shlex.join(account.prefix),
        "mark": layout.mark,
        "hosts_directory": str(layout.hosts_directory),
        "project": str(layout.project),
        "passfile": str(layout.passfile),
        "provisioned": str(layout.provisioned),
        "marker": marker_path(layout),
        "ssh_port": layout.ssh_port,
        "postgresql_port": layout.postgresql_port,
        "database": layout.database,
        "stanza": layout.stanza,
        "hosts": [{"name": one.name, "address": one.address, "directory": str(one.directory)} for one in layout.hosts],
        "addresses": {host.name: host.address for host in layout.hosts},
        "visitors": {name: list(visitors) for name, visitors in _VISITORS.items()},
        "tools": asdict(tools),
        "data": {"megabytes": data_megabytes, "patients": data_megabytes * _PATIENTS_PER_MEGABYTE, "seed": _SEED},
        "people": people(),
    }


def guard_variables(layout: Layout) -> dict[str, str]:
    """What the role `guard` asks for, as the engine gives it to a drill: the lab's own playbooks go through it too."""
    return {"reprise_project": PROJECT_NAME, "reprise_group": STAGING_GROUP, "reprise_marker": marker_path(layout)}


def marker_path(layout: Layout) -> str:
    """Where a staging host says what it is; `{host}` stands for its name."""
    return f"{layout.hosts_directory}/{{host}}/etc/reprise-marker.json"
