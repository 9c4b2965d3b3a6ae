import pytest

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.redis.reading import READABLE, plain, read_command

WRITES = ("SET", "DEL", "EXPIRE", "FLUSHALL", "EVAL", "CONFIG", "SHUTDOWN", "DEBUG", "GETDEL", "GETEX", "REPLICAOF")


@pytest.mark.parametrize("name", WRITES)
def test_nothing_that_writes_can_be_asked(name: str) -> None:
    with pytest.raises(ValueError, match="only these are asked"):
        read_command([name, "a"])
    assert name not in READABLE


def test_a_field_of_info_is_picked_here_and_not_sent() -> None:
    reading = read_command(["info", "aof_enabled"])
    assert reading.sent == ("INFO",)
    assert reading.value(b"# Persistence\r\nloading:0\r\naof_enabled:1\r\n") == 1
    with pytest.raises(NoAnswerError, match="no such field"):
        reading.value(b"loading:0\r\n")


def test_accounts_are_the_same_in_whatever_order_the_server_names_them() -> None:
    reading = read_command(["ACL", "LIST"])
    one = reading.value([b"user a on #12 ~* -@all +get +info", b"user b off"])
    assert one == reading.value([b"user b off", b"user a on #12 ~* -@all +info +get"])
    assert one != reading.value([b"user b off", b"user a on #13 ~* -@all +info +get"])
    assert one != reading.value([b"user b on", b"user a on #12 ~* -@all +info +get"])


@pytest.mark.parametrize(
    ("text", "value"), [("42", 42), ("-7", -7), ("007", "007"), ("+1", "+1"), ("1.5", "1.5"), ("", ""), ("ok", "ok")]
)
def test_a_number_is_one_only_in_its_own_spelling(text: str, value: int | str) -> None:
    assert plain(text) == value


@pytest.mark.parametrize("command", [[], ["GET"], ["GET", "a", "b"], ["DBSIZE", "a"], ["ACL"], ["ACL", "GETUSER", "a"]])
def test_a_command_with_other_words_is_refused(command: list[str]) -> None:
    with pytest.raises(ValueError, match=r"asked|takes"):
        read_command(command)
