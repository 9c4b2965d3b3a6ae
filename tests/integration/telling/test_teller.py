"""Who is told what, when again, and what becomes of what did not arrive."""

import hashlib
import hmac
import json
import re
import socket
import threading
from datetime import datetime, timedelta

from orchestrator.app.telling import AGAIN_AFTER
from orchestrator.core.events import PersonAsked
from orchestrator.core.occasions import Message, OccasionName
from orchestrator.testing import example_plan, tabletop_plan
from reports.register.programme import DueState
from reports.telling.occasions import PersonAwaited, RunBegins, SchedulerChanged, TestAsked
from tests.integration.telling.conftest import HASTY, Home
from tests.receivers import WebServer

SECRET = {"HOOK_SECRET": "s3cret"}


def hook(port: int, status: int = 200, more: str = "") -> str:
    return f'{{webhook: {{url: "http://127.0.0.1:{port}/s3cret-path/{status}", secret-env: HOOK_SECRET}}{more}}}'


def test_a_webhook_is_told_signed_and_once(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port))
    teller = home.teller(environ=SECRET)
    teller.told(RunBegins(plan=example_plan()))
    assert teller.settle() == ()
    ((_, headers, body),) = web.seen
    assert headers["X-Reprise-Signature"] == "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    message = Message.model_validate_json(body)
    assert message.occasions == (OccasionName.STARTED,)
    assert (message.drill, message.system, message.run_id) == ("example", "dpi", example_plan().run_id)
    assert message.sent_at == home.clock.now()
    (line,) = home.lines
    assert (line["outcome"], line["id"]) == ("delivered", message.id)
    assert re.fullmatch("webhook-[0-9a-f]{8}", line["notifier"])
    assert "message" not in line
    assert (home.root / ".reprise" / "told.jsonl").stat().st_mode & 0o777 == 0o600


def test_each_is_told_what_it_chose_and_in_its_language(home: Home, web: WebServer) -> None:
    home.notify(
        hook(web.port, more=", occasions: [overdue, missed], language: en"),
        hook(web.port, more=", drills: [another]"),
        hook(web.port, more=", systems: [dpi], occasions: [started]"),
    )
    teller = home.teller(environ=SECRET)
    teller.told(RunBegins(plan=example_plan()))
    teller.told_owed([home.owed()])
    assert teller.settle() == ()
    subjects = sorted(json.loads(body)["subject"] for _, _, body in web.seen)
    assert subjects == [
        "[reprise] Démo + essais: drill overdue — postgresql-restore (dpi)",
        "[reprise] Démo + essais\u00a0: exercice commencé — Exemple (dpi)",
    ]


def test_a_test_and_what_is_about_no_drill_go_to_everybody(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port, more=", drills: [another]"), hook(web.port, more=", occasions: [missed]"))
    teller = home.teller(environ=SECRET)
    teller.told(TestAsked())
    teller.told(SchedulerChanged(name=OccasionName.SCHEDULER_STARTED))
    assert teller.settle() == ()
    told = [json.loads(body)["occasions"] for _, _, body in web.seen]
    assert sorted(told) == [["scheduler-started"], ["test"], ["test"]]


def test_a_state_is_told_once_and_then_once_a_day(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port))
    teller = home.teller(environ=SECRET)
    owed = home.owed()
    for _ in range(3):
        teller.told_owed([owed])
        assert teller.settle() == ()
    assert len(web.seen) == 1
    home.wait(AGAIN_AFTER - timedelta(seconds=1))
    again = home.teller(environ=SECRET)  # as after a restart
    again.told_owed([owed])
    again.settle()
    assert len(web.seen) == 1
    home.wait(timedelta(seconds=1))
    again.told_owed([owed])
    again.settle()
    assert len(web.seen) == 2


def test_another_state_of_the_same_date_is_told(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port))
    teller = home.teller(environ=SECRET)
    due_at = home.clock.now() - timedelta(hours=1)
    teller.told_owed([home.owed(due_at=due_at)])
    teller.told_owed([home.owed(DueState.MISSED, due_at=due_at), home.owed(DueState.DONE)])
    teller.settle()
    assert [json.loads(body)["occasions"] for _, _, body in web.seen] == [["overdue"], ["missed"]]


def test_what_did_not_arrive_is_said_and_sent_again_with_the_same_id(home: Home, web: WebServer) -> None:
    home.notify("{webhook: {url-env: HOOK_URL, secret-env: HOOK_SECRET}}")
    away, back = (SECRET | {"HOOK_URL": f"http://127.0.0.1:{web.port}/{status}"} for status in (503, 200))
    teller = home.teller(environ=away)
    teller.told_owed([home.owed()])
    (fault,) = teller.settle()
    assert fault.fault == "webhook 127.0.0.1: it answered 503 Service Unavailable"
    assert teller.settle() == ()
    home.wait(timedelta(minutes=6))
    assert home.teller(environ=back).settle() == ()
    assert home.outcomes == ["failed", "delivered"]
    first, second = (json.loads(body) for _, _, body in web.seen)
    assert first == second
    assert home.teller(environ=back).settle() == ()
    assert len(web.seen) == 2


def test_it_is_sent_again_five_times_at_most_and_for_a_day(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port, 503))
    teller = home.teller(environ=SECRET)
    teller.told(RunBegins(plan=example_plan()))  # of no importance any more when it is late
    teller.told_owed([home.owed()])
    teller.settle()
    began = home.clock.now()
    for _ in range(30):
        home.wait(timedelta(hours=1))
        teller.told_owed([])
        teller.settle()
    assert [line["occasions"] for line in home.lines] == [["started"], *[["overdue"]] * 5]
    tried = [datetime.fromisoformat(line["at"]) - began for line in home.lines[1:]]
    assert tried == [timedelta(hours=hours) for hours in (0, 1, 2, 4, 10)]


def test_what_is_over_is_not_sent_again(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port, 503))
    teller = home.teller(environ=SECRET)
    until = home.clock.now() + timedelta(minutes=5)
    asked = PersonAsked(step="decide", attempt=1, roles=("director",), until_us=1, until_at=until)
    teller.told(PersonAwaited(plan=tabletop_plan(), asked=asked))
    teller.settle()
    home.wait(timedelta(minutes=6))
    home.teller(environ=SECRET).settle()
    assert home.outcomes == ["failed"]


def test_whoever_never_answers_is_not_waited_for(home: Home) -> None:
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taking = threading.Thread(target=lambda: accepted.append(listener.accept()[0]))
        taking.start()
        home.notify(hook(listener.getsockname()[1]))
        teller = home.teller(environ=SECRET, limits=HASTY)
        teller.told(RunBegins(plan=example_plan()))
        taking.join(60)
        teller.told_owed([home.owed()])
        faults = [fault.fault for fault in teller.settle()]
        assert faults == ["webhook 127.0.0.1: not taken within 0.2 s"] * 2
        assert home.outcomes == ["failed", "failed"]
        for one in accepted:
            one.close()


def test_what_evidence_must_not_hold_does_not_leave(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port))
    plan = example_plan()
    title = plan.drill.title.model_copy(update={"fr": "Restauration pour jean.dupont@example.org"})
    teller = home.teller(environ=SECRET)
    teller.told(RunBegins(plan=plan.model_copy(update={"drill": plan.drill.model_copy(update={"title": title})})))
    (fault,) = teller.settle()
    assert (web.seen, home.outcomes) == ([], ["withheld"])
    assert fault.fault == "webhook 127.0.0.1: not sent: email"
    assert "dupont" not in json.dumps(home.lines) + fault.fault


def test_where_the_rules_of_the_project_cannot_be_read_nothing_leaves(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port))
    with (home.root / "reprise.yml").open("a", encoding="utf-8") as file:
        file.write("privacy: {names: nowhere.txt}\n")
    teller = home.teller(environ=SECRET)
    teller.told(TestAsked())
    (fault,) = teller.settle()
    assert (web.seen, home.outcomes) == ([], ["withheld"])
    assert "`reprise check` says why" in fault.fault


def test_a_secret_that_is_not_set_is_said_each_time_and_nothing_is_raised(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port), "{uses: pigeon}")
    teller = home.teller(environ={})
    teller.told(TestAsked())
    first, second = sorted(fault.fault for fault in teller.settle())
    assert first == "notify 1 (webhook): env:HOOK_SECRET: it is not set"
    assert second == "notify 2 (pigeon): reprise.notifiers: there is no pigeon"
    assert web.seen == []


def test_a_line_that_was_torn_spoils_no_other(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port, 503))
    teller = home.teller(environ=SECRET)
    teller.told_owed([home.owed()])
    teller.settle()
    file = home.root / ".reprise" / "told.jsonl"
    with file.open("ab") as torn:
        torn.write(b'{"format":"reprise/told/v1","at":"20')
    home.wait(timedelta(minutes=6))
    home.teller(environ=SECRET).settle()
    last = file.read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(last)["outcome"] == "failed"
    home.wait(timedelta(minutes=21))
    home.teller(environ=SECRET).settle()
    assert len(web.seen) == 3


def test_a_place_that_cannot_be_written_is_said_and_ends_nothing(home: Home, web: WebServer) -> None:
    home.notify(hook(web.port))
    (home.root / ".reprise").write_text("no directory")
    teller = home.teller(environ=SECRET)
    teller.told(TestAsked())
    faults = [fault.fault for fault in teller.settle()]
    assert len(web.seen) == 1
    assert all("told.jsonl: " in fault for fault in faults)
    assert any("it cannot be written" in fault for fault in faults)
