"""Every server that a drill asks is known before the guard decides: by connection string, by URL, by address."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from orchestrator.app.endpoints import find_endpoints
from orchestrator.app.workplace import Workplace
from orchestrator.core.drill import Drill
from orchestrator.errors import DefinitionError
from orchestrator.project import Environment
from orchestrator.testing import example_drill

NAMES = {"PORTAL_URL": "https://portal.example:8443/health", "BASE_URL": "mysql://reader@base.example/ward"}


@dataclass(frozen=True)
class Place:
    """As much of a workplace as is asked."""

    environment: Environment


def found(**question: Any) -> set[tuple[str, str, int]]:
    step = {"id": "asked", "phase": "verify", "probe": "fake", "with": question, "expect": {"values": {"x": 1}}}
    written = [one.model_dump(by_alias=True) for one in example_drill().steps]
    drill: Drill = example_drill(steps=[*written, step])
    place = cast(Workplace, Place(environment=Environment(declared=NAMES)))
    return {(one.name, one.host, one.port) for one in find_endpoints(drill, workplace=place)}


def test_what_a_question_names_is_found() -> None:
    assert ("PORTAL_URL (portal.example:8443)", "portal.example", 8443) in found(url_env="PORTAL_URL")
    assert ("BASE_URL (base.example:3306)", "base.example", 3306) in found(url_env="BASE_URL")
    assert ("url (other.example:80)", "other.example", 80) in found(url="http://other.example/")
    assert ("host (10.0.0.7:5432)", "10.0.0.7", 5432) in found(host="10.0.0.7", port=5432)
    assert ("url (a.example:6379)", "a.example", 6379) in found(url="redis://u@a.example/0")
    turns = found(url="ldap://a.example ldaps://b.example:1636")
    assert {("url (a.example:389)", "a.example", 389), ("url (b.example:1636)", "b.example", 1636)} <= turns
    several = found(dsn="host=a.example,b.example port=5432,5433 user=u")
    assert {("dsn (a.example:5432)", "a.example", 5432), ("dsn (b.example:5433)", "b.example", 5433)} <= several


def test_a_host_of_the_inventory_is_no_address() -> None:
    assert not {host for _, host, _ in found(host="web_a", command=["true"])} & {"web_a"}


@pytest.mark.parametrize("question", [{"url": "ftp://user:secret@host/"}, {"dsn": "host=h user=u password=secret x"}])
def test_what_cannot_be_read_is_refused_and_not_repeated(question: dict[str, str]) -> None:
    with pytest.raises(DefinitionError) as caught:
        found(**question)
    assert "secret" not in str(caught.value)
