import pytest

from orchestrator.errors import UsageError
from orchestrator.extensions import WATCHES, find_extension, load_extension


def test_an_extension_that_is_not_installed_is_answered_with_what_is() -> None:
    with pytest.raises(UsageError, match=r"reprise\.nothing: there is no x") as caught:
        load_extension("reprise.nothing", "x")
    assert caught.value.hint == "there are: none"


def test_an_extension_is_found_without_being_imported() -> None:
    assert find_extension(WATCHES, "postgresql") == "orchestrator.adapters.watches.postgresql:build"
