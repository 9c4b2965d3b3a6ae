"""What script/setup unpacked is found after what the machine has, and nothing changes where it unpacked nothing."""

from orchestrator.environment import extended_environment, parse_environment

PREPARED = {"REPRISE_PROGRAMS": "/p/sbin:/p/bin", "REPRISE_LIBRARIES": "/p/lib", "FONTCONFIG_FILE": "/p/fonts.conf"}


def test_the_file_is_read_line_by_line_and_its_comments_are_not() -> None:
    text = "# where things are\n\nREPRISE_PROGRAMS=/p/my bin:/q\nEMPTY=\nEQUAL=a=b\n"
    assert parse_environment(text=text) == {"REPRISE_PROGRAMS": "/p/my bin:/q", "EMPTY": "", "EQUAL": "a=b"}


def test_the_machine_comes_first() -> None:
    extended = extended_environment(environ={"PATH": "/usr/bin", "HOME": "/h"}, prepared=PREPARED)
    assert extended == {
        "PATH": "/usr/bin:/p/sbin:/p/bin",
        "HOME": "/h",
        "LD_LIBRARY_PATH": "/p/lib",
        "FONTCONFIG_FILE": "/p/fonts.conf",
    }


def test_extending_twice_changes_nothing_more() -> None:
    once = extended_environment(environ={"PATH": "/usr/bin", "LD_LIBRARY_PATH": "/own"}, prepared=PREPARED)
    assert extended_environment(environ=once, prepared=PREPARED) == once


def test_where_nothing_was_unpacked_nothing_changes() -> None:
    assert extended_environment(environ={"PATH": "/bin:/bin"}, prepared={}) == {"PATH": "/bin:/bin"}


def test_fonts_that_somebody_chose_are_kept() -> None:
    extended = extended_environment(environ={"PATH": "/bin", "FONTCONFIG_FILE": "/own.conf"}, prepared=PREPARED)
    assert extended["FONTCONFIG_FILE"] == "/own.conf"
