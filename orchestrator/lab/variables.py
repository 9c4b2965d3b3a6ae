"""What the templates and playbooks of the lab are told. Pure: computed from the layout and what was found."""

import shlex
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from orchestrator.lab.account import Account
from orchestrator.lab.layout import Host, Layout
from orchestrator.lab.namespaces import Namespaces
from orchestrator.lab.people import people
from orchestrator.lab.tools import Tools

PROJECT_NAME = "reprise-lab"
STAGING_GROUP = "staging"

# Calibrated: a patient with stays, prescriptions, results and indexes takes about 1.6 kB.
_PATIENTS_PER_MEGABYTE = 620
_SEED = 2026


def lab_variables(
    *, layout: Layout, tools: Tools, account: Account, data_megabytes: int, namespaces: Namespaces | None
) -> Mapping[str, Any]:
    """What is known as `lab`. Holds no secret: the playbooks read passwords from the passfile that it names."""
    return {
        "project_name": PROJECT_NAME,
        "staging_group": STAGING_GROUP,
        "user": account.name,
        "user_id": account.user_id,
        "group_id": account.group_id,
        "namespaces": namespaces or "",
        "as_user": shlex.join(account.prefix),
        "mark": layout.mark,
        "hosts_directory": str(layout.hosts_directory),
        "project": str(layout.project),
        "passfile": str(layout.passfile),
        "provisioned": str(layout.provisioned),
        "marker": marker_path(layout),
        "ssh_port": layout.ssh_port,
        "service_port": layout.service_port,
        "database": layout.database,
        "stanza": layout.stanza,
        "production_database_uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, layout.mark)),
        "stacks": [stack.name for stack in layout.stacks],
        "notes": {stack.name: str(layout.note(stack.name)) for stack in layout.stacks},
        "hosts": [_host(one, layout=layout) for one in layout.hosts],
        "addresses": {host.name: host.address for host in layout.hosts},
        "service_addresses": {host.name: host.service_address for host in layout.hosts},
        "directories": {host.name: str(host.directory) for host in layout.hosts},
        "programs": dict(tools.others),
        "tools": {name: value for name, value in asdict(tools).items() if name != "others"},
        "data": {"megabytes": data_megabytes, "patients": data_megabytes * _PATIENTS_PER_MEGABYTE, "seed": _SEED},
        "people": people(),
    }


def _host(host: Host, *, layout: Layout) -> dict[str, object]:
    here = {other.name for other in layout.hosts}
    return {
        "name": host.name,
        "stack": host.stack,
        "address": host.address,
        "service_address": host.service_address,
        "wired": host.role.wired,
        "directory": str(host.directory),
        "visitors": [name for name in host.role.visitors if name in here],
        "staging": host.role.staging,
        "serves": host.role.serves,
    }


def guard_variables(layout: Layout) -> dict[str, str]:
    """What the role `guard` asks for, as the engine gives it to a drill: the lab's own playbooks go through it too."""
    return {"reprise_project": PROJECT_NAME, "reprise_group": STAGING_GROUP, "reprise_marker": marker_path(layout)}


def marker_path(layout: Layout) -> str:
    """Where a staging host says what it is; `{host}` stands for its name."""
    return f"{layout.hosts_directory}/{{host}}/etc/reprise-marker.json"
