"""What may be otherwise in an honest run, and must change no verdict."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

AS_SHIPPED = "as shipped"
BUSY = "with every core busy"
CONDITIONS = (AS_SHIPPED, BUSY)
"""Each drill is run honestly once in each."""

# It ends by itself, whatever becomes of the test: nothing goes on burning.
_BURN = "import time\nuntil = time.monotonic() + 300\nwhile time.monotonic() < until: pass"
_CORES = 2


@contextlib.contextmanager
def condition(name: str) -> Iterator[None]:
    """Keep a condition up for as long as the run takes."""
    count = _CORES if name == BUSY else 0
    burning = [
        subprocess.Popen(["nice", "-n", "10", sys.executable, "-c", _BURN], stdin=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()
