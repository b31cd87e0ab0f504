"""A Chromium for each test, that reaches this machine only and reports what it asked for beyond."""

import contextlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.jupyterlab import SECONDS, Notebook, jupyterlab, write_cells

COURSE = Path(__file__).parents[2]
SCREENSHOTS = COURSE / "build" / "screenshots"
NO_OTHER_MACHINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"


@pytest.fixture
def page(chromium_path):
    """A page, wide enough for formgrader's tables. It ends with the test: see `asked_outside`."""
    expect.set_options(timeout=SECONDS * 1000)
    # Started and stopped here, since Playwright's event loop must not meet other tests' kernels.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", NO_OTHER_MACHINE]
        )
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        page.set_default_timeout(SECONDS * 1000)
        yield page
        browser.close()


@pytest.fixture
def asked_outside(page):
    """The addresses on other machines that the page asked for, a set that grows."""
    asked = set()

    def note(request):
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "localhost":
            asked.add(request.url)

    page.on("request", note)
    page.on("websocket", note)
    return asked


@pytest.fixture
def screenshot(page):
    """Save what the page shows as build/screenshots/NAME.png, for people to look at."""

    def save(name, **options):
        page.screenshot(path=SCREENSHOTS / f"{name}.png", **options)

    return save


@pytest.fixture
def run_in_jupyterlab(page, tmp_path):
    """Open a notebook of the given code cells in JupyterLab, run it, and give the Notebook."""
    with contextlib.ExitStack() as servers:

        def run(*cells):
            folder = tmp_path / "lab"
            folder.mkdir()
            write_cells(folder / "widgets.ipynb", *cells)
            settings = COURSE / "tools" / "lab"
            at = servers.enter_context(jupyterlab(folder, settings=settings))
            page.goto(at("lab/tree/widgets.ipynb"))
            opened = Notebook(page, folder / "widgets.ipynb")
            opened.wait_until_idle()
            opened.menu("Run", "Run All Cells")
            return opened

        yield run
