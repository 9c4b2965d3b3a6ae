"""Whether this machine gives the lab network namespaces, and to whom. Tries it out in namespaces that end at once."""

import os
import subprocess
from collections.abc import Sequence
from enum import StrEnum

from orchestrator.errors import LabError
from orchestrator.lab.account import Account
from orchestrator.lab.tools import Tools


class Namespaces(StrEnum):
    """Who makes them: the account that runs the hosts, in a user namespace of its own, or root in none."""

    ROOTLESS = "rootless"
    ROOT = "root"


# All that the lab asks of the kernel: a network with a bridge and a wire in it, and then the own account again.
_WIRES = '"$1" link add name trial type bridge && "$1" link add trial0 type veth peer name trial1'
_ROOTLESS = f'"$2" -U -r -n /bin/sh -ec \'{_WIRES}; exec "$2" -U --map-user="$3" --map-group="$4" true\' sh'
_ROOT = f"\"$2\" -n /bin/sh -ec '{_WIRES}' sh"


def find_namespaces(*, account: Account, tools: Tools) -> Namespaces:
    """The way in which hosts with a network of their own can be made here: without root wherever that is allowed.

    Args:
        account: Who runs the hosts.
        tools: With `ip` and `unshare` among the others.

    Raises:
        LabError: There is no way; the message has the kernel's own words.
    """
    refused = _tried(account.prefix, _ROOTLESS, account=account, tools=tools)
    if refused is None:
        return Namespaces.ROOTLESS
    if os.geteuid() == 0 and _tried(("/bin/sh", "-c"), _ROOT, account=account, tools=tools) is None:
        return Namespaces.ROOT
    raise LabError(
        f"this machine gives the lab no network namespaces ({refused}): its part `partition` cannot be had",
        hint="allow them to users (user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns) or, in a "
        "container, give it CAP_SYS_ADMIN and CAP_NET_ADMIN; else bring the lab up without that part",
    )


def _tried(prefix: Sequence[str], script: str, *, account: Account, tools: Tools) -> str | None:
    """None where it worked; else the last words of what failed."""
    others = dict(tools.others)
    told = (others["ip"], others["unshare"], str(account.user_id), str(account.group_id))
    command = [*prefix, f'{script} "$@"', "sh", *told]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    words = done.stderr.strip().splitlines()
    return words[-1].strip() if words else f"exit code {done.returncode}"
