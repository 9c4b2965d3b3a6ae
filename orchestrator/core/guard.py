"""The guard's decision: which hosts a drill may touch. Fails closed: a question nobody answered is answered no.

What can be decided from declarations alone is decided here before anything is connected to; the rest is observed by
`orchestrator.core.ports.HostInspector` and judged here.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from orchestrator.core.events import GuardCheck, GuardDecided, GuardObserved
from orchestrator.core.plan import Boundary, PinnedEndpoint, PinnedHost, Plan

STATIC_CHECKS = (GuardCheck.DECLARED_STAGING, GuardCheck.NOT_ON_NEVER_LIST)
LIVE_CHECKS = (
    GuardCheck.HOST_KEY_KNOWN,
    GuardCheck.MARKER_MATCHES,
    GuardCheck.PRODUCTION_UNREACHABLE,
)

NO_KEY = "no key is known for it"
"""What is said of a host before anybody has compared its key."""
NOT_ASKED = "not asked"
"""How the answer begins to a question that another answer made pointless."""


def remedy(answer: GuardObserved) -> str:
    """What a person can do about an answer that is a no; nothing where it is a yes, or where no command helps."""
    if answer.ok:
        return ""
    match answer.check:
        case GuardCheck.DECLARED_STAGING:
            return "put it below a group that reprise.yml names under staging:, if it is a staging host"
        case GuardCheck.HOST_KEY_KNOWN if answer.detail == NO_KEY:
            return f"`reprise hosts trust {answer.subject}` shows its key, to be compared"
        case GuardCheck.MARKER_MATCHES if not answer.detail.startswith(NOT_ASKED):
            return f"`reprise hosts marker {answer.subject}` prints what somebody runs there"
        case _:
            return ""


def screen(plan: Plan) -> tuple[GuardObserved, ...]:
    """What the declarations say of every host and endpoint of the plan. Touches nothing."""
    hosts = (answer for host in plan.hosts for answer in screen_host(host, boundary=plan.boundary))
    endpoints = (_screen_endpoint(endpoint, hosts=plan.hosts) for endpoint in plan.endpoints)
    return (*hosts, *endpoints)


def decide(plan: Plan, observed: Sequence[GuardObserved]) -> GuardDecided:
    """Allow only where every question was asked of every host of the plan, and answered yes.

    A drill that people alone carry out touches no host: there is nothing to ask.
    """
    reasons = [*_refusals(observed), *_unasked(plan, observed)]
    if not plan.hosts and plan.drill.needs_hosts:
        reasons.append("the drill has no target")
    return GuardDecided(allowed=not reasons, reasons=tuple(reasons))


def matches_never(host: PinnedHost, pattern: str) -> bool:
    """Whether a pattern of the never-list (a name, an address, a network, or a glob of one) means this host."""
    addresses = tuple(_plain(address) for address in (host.address, *host.resolved))
    names = [name.lower() for name in (host.name, *addresses, *host.groups)]
    return any(fnmatchcase(name, pattern.lower()) for name in names) or any(
        _in_network(address, _plain(pattern)) for address in addresses
    )


def screen_host(host: PinnedHost, *, boundary: Boundary) -> tuple[GuardObserved, ...]:
    """What the declarations say of one host. Touches nothing."""
    declared = sorted(set(host.groups) & set(boundary.staging_groups))
    never = [pattern for pattern in boundary.never if matches_never(host, pattern)]
    groups = ", ".join(boundary.staging_groups) or "none"
    return (
        _answer(
            host,
            GuardCheck.DECLARED_STAGING,
            bool(declared),
            f"in no staging group ({groups})",
        ),
        _answer(
            host,
            GuardCheck.NOT_ON_NEVER_LIST,
            not never,
            f"on the never-list: {', '.join(never)}",
        ),
    )


def _answer(host: PinnedHost, check: GuardCheck, ok: bool, fault: str) -> GuardObserved:
    return GuardObserved(subject=host.name, check=check, ok=ok, detail="" if ok else fault[:300])


def _screen_endpoint(endpoint: PinnedEndpoint, *, hosts: Sequence[PinnedHost]) -> GuardObserved:
    ok = any(endpoint.host in (host.address, *host.resolved) for host in hosts)
    detail = "" if ok else f"{endpoint.host} is no host of this drill"
    return GuardObserved(
        subject=endpoint.name,
        check=GuardCheck.ENDPOINT_IS_STAGING,
        ok=ok,
        detail=detail,
    )


def _refusals(observed: Iterable[GuardObserved]) -> list[str]:
    return [f"{answer.subject}: {answer.check}: {answer.detail}"[:300] for answer in observed if not answer.ok]


def _unasked(plan: Plan, observed: Sequence[GuardObserved]) -> list[str]:
    asked = {(answer.subject, answer.check) for answer in observed}
    # A host that the declarations refuse is not connected to, so its live questions are not asked.
    refused = {answer.subject for answer in observed if not answer.ok}
    wanted = [(host.name, check) for host in plan.hosts for check in (*STATIC_CHECKS, *LIVE_CHECKS)]
    wanted += [(endpoint.name, GuardCheck.ENDPOINT_IS_STAGING) for endpoint in plan.endpoints]
    return [
        f"{subject}: {check}: not asked"
        for subject, check in wanted
        if (subject, check) not in asked and subject not in refused
    ]


def _plain(address: str) -> str:
    """An IPv4 address that is written as an IPv6 one (`::ffff:192.0.2.1`) as what it is; anything else as it stands."""
    try:
        mapped = ipaddress.IPv6Address(address).ipv4_mapped
    except ValueError:
        return address
    return str(mapped) if mapped else address


def _in_network(address: str, pattern: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False
