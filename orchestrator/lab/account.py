"""Who runs the lab's hosts: whoever calls, or for root, whom PostgreSQL refuses, an account of the lab's own."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import LabError
from orchestrator.lab.layout import Ancestor, Layout, refusing_ancestor

_LAB_ACCOUNT = "reprise-lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account that runs the hosts. `prefix` is put before a shell script to run it as that account."""

    name: str
    user_id: int
    group_id: int
    prefix: tuple[str, ...]


def account_name() -> str:
    """The name alone, without making the account: enough to look at a lab."""
    return _LAB_ACCOUNT if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def ensure_account() -> Account:
    """The account that runs the hosts, made first if root has none for it yet."""
    if os.geteuid() != 0:
        own = pwd.getpwuid(os.geteuid())
        return Account(name=own.pw_name, user_id=own.pw_uid, group_id=own.pw_gid, prefix=("/bin/sh", "-c"))
    entry = _lab_entry() or _make_lab_account()
    identity = (f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups")
    return Account(
        name=entry.pw_name,
        user_id=entry.pw_uid,
        group_id=entry.pw_gid,
        prefix=("setpriv", *identity, "--reset-env", "/bin/sh", "-c"),
    )


def give_directories(*, layout: Layout, account: Account) -> None:
    """Make the state directory, and in it the one that belongs to the hosts' account.

    Raises:
        LabError: sshd would refuse every key because of a directory above, or something else is in the way.
    """
    try:
        layout.state.mkdir(parents=True, exist_ok=True)
        layout.state.chmod(0o755 if account.user_id != os.geteuid() else 0o700)
        layout.hosts_directory.mkdir(mode=0o700, exist_ok=True)
        os.chown(layout.hosts_directory, account.user_id, account.group_id)
    except OSError as error:
        raise LabError(f"the lab's state cannot be kept in {layout.state}: {error.strerror}") from error
    reason = refusing_ancestor(map(_look, (layout.state, *layout.state.parents)), user_id=account.user_id)
    if reason is not None:
        raise LabError(reason, hint="choose a state directory elsewhere, such as below your home (not in /tmp)")


def _look(path: Path) -> Ancestor:
    found = path.stat()
    return Ancestor(path=path, owner=found.st_uid, mode=found.st_mode & 0o7777)


def _lab_entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(_LAB_ACCOUNT)
    except KeyError:
        return None


def _make_lab_account() -> pwd.struct_passwd:
    """A system account without password. Its home is /: in every session sshd complains about one that is not there."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise LabError(f"the account {_LAB_ACCOUNT} is missing and there is no useradd to make it with")
    # "*" is no password at all, where the default "!" means a locked account, which sshd turns away.
    options = ("--system", "--user-group", "--no-create-home", "--home-dir=/", "--shell=/bin/sh", "--password=*")
    done = subprocess.run([useradd, *options, _LAB_ACCOUNT], capture_output=True, text=True, check=False)
    entry = _lab_entry()
    if entry is None:
        raise LabError(f"the account {_LAB_ACCOUNT} could not be made: {done.stderr.strip()}")
    return entry
