"""Who a playbook can reach where another host stands for the drill's targets."""

from orchestrator.adapters.ansible.reach import reachable_inventory
from orchestrator.core.plan import PinnedHost


def _host(name: str, *groups: str) -> PinnedHost:
    return PinnedHost(name=name, address="192.0.2.1", port=22, groups=groups, host_key_sha256=None)


LISTED = {"_meta": {"hostvars": {}}, "restore_target": {"hosts": ["spare"]}, "staging": {"hosts": ["spare", "app"]}}
HOSTS = (_host("app", "staging"), _host("spare", "restore_target", "staging"))


def _members(aliases: dict[str, str]) -> dict[str, list[str]]:
    inventory = reachable_inventory(LISTED, hosts=HOSTS, aliases=aliases)
    return {name: list(group["hosts"]) for name, group in inventory["all"]["children"].items()}


def test_a_group_has_its_own_hosts_where_nobody_stands_for_them() -> None:
    assert _members({}) == {"restore_target": ["spare"], "staging": ["app", "spare"]}


def test_who_stands_for_a_group_is_all_of_it() -> None:
    assert _members({"restore_target": "app"}) == {"restore_target": ["app"], "staging": ["app", "spare"]}


def test_a_host_can_be_stood_for_by_a_group() -> None:
    assert _members({"old_spare": "restore_target"})["old_spare"] == ["spare"]
