"""Debian's Chromium, for pages that are looked at as people see them. The only place that knows where it is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from orchestrator.environment import extended_environment, prepared_environment

_CHROMIUM = Path("lib", "chromium", "chromium-headless-shell")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser that ends with the block."""
    environment = extended_environment(environ=os.environ, prepared=prepared_environment())
    with sync_playwright() as playwright:
        # As root, which is who tests may be, Chromium has no sandbox; the pages are our own.
        browser = playwright.chromium.launch(
            executable_path=_executable(environment["PATH"]),
            args=["--no-sandbox"],
            env=dict(environment),
        )
        try:
            yield browser
        finally:
            browser.close()


def _executable(path: str) -> Path:
    """Debian keeps it below /usr/lib, of the machine or of the private directory: beside where programs are."""
    beside = (Path(folder).parent / _CHROMIUM for folder in path.split(":"))
    return next(file for file in (*beside, Path("/usr") / _CHROMIUM) if file.exists())
