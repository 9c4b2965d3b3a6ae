import signal
import threading
from datetime import timedelta

from orchestrator.adapters.system import NeverStop, StopRequest, SystemClock, boot_id, monotonic_us
from tests.patience import FOREVER_SECONDS

# Whoever waits so long in vain is ended by pytest.
FOREVER_US = FOREVER_SECONDS * 1_000_000


def test_the_clock_is_in_utc_and_goes_on() -> None:
    clock = SystemClock()
    first = clock.monotonic_us()
    assert clock.now().utcoffset() == timedelta(0)
    assert first <= clock.monotonic_us() <= monotonic_us()


def test_the_boot_has_an_identifier() -> None:
    assert boot_id() == boot_id()
    assert len(boot_id()) == 36


def test_a_stop_wakes_everybody_who_waits_and_stays() -> None:
    stop, woken = StopRequest(), list[bool]()
    waiting = [threading.Thread(target=lambda: woken.append(stop.wait(FOREVER_US))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    stop.request("first")
    stop.request("second")
    for thread in waiting:
        thread.join()
    assert woken == [True, True, True]
    assert stop.wait(FOREVER_US)
    assert (stop.requested, stop.reason) == (True, "first")
    stop.close()
    stop.close()


def test_a_wait_without_a_stop_lasts_as_long_as_was_said() -> None:
    stop = StopRequest()
    for waiting in (stop, NeverStop()):
        begun_us = monotonic_us()
        assert not waiting.wait(30_000)
        assert monotonic_us() - begun_us >= 30_000
        assert not waiting.requested
    stop.close()


def test_a_signal_handler_may_ask_while_its_own_thread_waits() -> None:
    stop = StopRequest()
    before = signal.signal(signal.SIGALRM, lambda number, frame: stop.request("alarm"))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert stop.wait(FOREVER_US)
    finally:
        signal.signal(signal.SIGALRM, before)
        stop.close()
