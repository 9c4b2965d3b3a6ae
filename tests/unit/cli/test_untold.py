"""What did not arrive is said once, with how often, on the error output alone."""

import pytest

from orchestrator.app.telling import Undelivered
from orchestrator.cli.untold import say_untold


def test_the_same_fault_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    away = Undelivered(fault="webhook h: it cannot be reached", hint="try it")
    say_untold((away, Undelivered(fault="e-mail to a@b: no", hint="ask"), away))
    assert capsys.readouterr() == (
        "",
        "reprise: warning: not told: webhook h: it cannot be reached (2 messages)\n  hint: try it\n"
        "reprise: warning: not told: e-mail to a@b: no\n  hint: ask\n",
    )
