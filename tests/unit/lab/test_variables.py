"""What the templates are told follows from the layout, and holds no secret."""

import json
from pathlib import Path
from typing import Any

from orchestrator.lab.account import Account
from orchestrator.lab.layout import build_layout
from orchestrator.lab.tools import Tools
from orchestrator.lab.variables import guard_variables, lab_variables

LAYOUT = build_layout(state=Path("/srv/lab"), user="somebody")
TOOLS = Tools(
    sshd="/usr/sbin/sshd",
    sftp_server="/usr/lib/openssh/sftp-server",
    ssh="/usr/bin/ssh",
    ssh_keygen="/usr/bin/ssh-keygen",
    postgresql_bin="/usr/lib/postgresql/15/bin",
    pgbackrest="/usr/bin/pgbackrest",
    python="/usr/bin/python3",
    programs="",
    libraries="",
)
ACCOUNT = Account(name="somebody", user_id=7, group_id=7, prefix=("setpriv", "--reuid=7", "/bin/sh", "-c"))


def variables(data_megabytes: int) -> dict[str, Any]:
    return dict(
        lab_variables(layout=LAYOUT, tools=TOOLS, account=ACCOUNT, data_megabytes=data_megabytes, namespaces=None)
    )


def test_the_same_lab_is_told_the_same() -> None:
    assert variables(30) == variables(30)
    assert json.loads(json.dumps(variables(30))) == variables(30)


def test_the_data_grows_with_its_size_and_keeps_its_seed() -> None:
    small, large = variables(10)["data"], variables(100)["data"]
    assert large["patients"] == 10 * small["patients"]
    assert large["seed"] == small["seed"]


def test_nobody_but_the_operator_may_come_to_production() -> None:
    visitors = {host["name"]: host["visitors"] for host in variables(30)["hosts"]}
    assert visitors["production"] == []
    assert not any("production" in allowed for allowed in visitors.values())


def test_a_visitor_that_the_lab_does_not_have_is_not_let_in() -> None:
    visitors = {host["name"]: host["visitors"] for host in variables(30)["hosts"]}
    assert visitors["repository"] == ["source", "restore"]


def test_the_guard_is_told_where_a_host_says_what_it_is() -> None:
    assert guard_variables(LAYOUT) == {
        "reprise_project": "reprise-lab",
        "reprise_group": "staging",
        "reprise_marker": "/srv/lab/hosts/{host}/etc/reprise-marker.json",
    }
