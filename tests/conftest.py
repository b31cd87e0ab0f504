"""What every test runs in: no one's personal settings, English, and Chromium where there is one."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# A time limit for each example fails now and then where two tests share a core.
settings.register_profile("course", parent=settings(), deadline=None)
settings.load_profile("course")

# Set by the first process, for xdist's workers too; empty where no browser was found.
CHROMIUM = "COURSE_TEST_CHROMIUM"
# Set by `make test`: let Playwright fetch its own Chromium where the system has none.
MAY_FETCH = "COURSE_TEST_FETCH_BROWSER"
LEFT_OUT = pytest.StashKey[int]()

IN_APPLICATIONS = [  # macOS
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
]
NO_BROWSER = (
    "no Chromium or Google Chrome was found: install one (Debian: sudo apt-get install chromium), "
    "or run  .venv/bin/playwright install chromium"
)


def pytest_configure(config):
    config.stash[LEFT_OUT] = 0
    if is_worker(config):
        return
    leave_personal_settings_out(config)
    os.environ[CHROMIUM] = find_chromium()


def leave_personal_settings_out(config):
    """Whoever runs the tests, their settings must not decide the result; kernels inherit these."""
    folder = tempfile.TemporaryDirectory(prefix="course-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    for name in "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR":
        os.environ[name] = str(Path(folder.name) / name.lower())
    # nbgrader calls `alembic` as a program, also where pytest was started without make.
    os.environ["PATH"] = sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"]
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"  # else jupyter_core 5 warns
    os.environ["LANGUAGE"] = "en"
    for name in "COURSE_SECRET", "COURSE_DRAW_KEY":
        os.environ.pop(name, None)
    # The tests run side by side on small tensors: more threads would only be in each other's way.
    os.environ["OMP_NUM_THREADS"] = "1"


def find_chromium():
    """The path of a Chromium: the system's, else Playwright's own; empty where there is none."""
    for name in "chromium", "google-chrome", "google-chrome-stable", "chromium-browser":
        if path := shutil.which(name):
            return path
    for path in IN_APPLICATIONS:
        if Path(path).exists():
            return path
    if os.environ.get(MAY_FETCH) and not playwrights_chromium():
        print("No Chromium here: asking Playwright for its own.", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, stderr=subprocess.DEVNULL)  # whether it worked is seen below
    return playwrights_chromium()


def playwrights_chromium():
    # In a process of its own: Playwright's loop would stay in this one.
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
    path = answer.stdout.strip()
    return path if path and Path(path).exists() else ""


@pytest.fixture(scope="session")
def chromium_path():
    """The Chromium to give to Playwright as `executable_path`, with `--no-sandbox`."""
    path = os.environ[CHROMIUM]
    if not path:
        pytest.fail(NO_BROWSER, pytrace=False)
    return path


@pytest.hookimpl(tryfirst=True)  # before pytest looks at the marks
def pytest_collection_modifyitems(config, items):
    for item in items:
        if "chromium_path" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    # In CI nothing is left out: there a missing browser is a failure of the tests that need it.
    if os.environ[CHROMIUM] or os.environ.get("CI"):
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT] = len(left_out)


def pytest_sessionfinish(session):
    if is_worker(session.config):
        session.config.workeroutput["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)  # xdist's: every worker collects all tests, the first one none
def pytest_testnodedown(node):
    left_out = getattr(node, "workeroutput", {}).get("left_out", 0)
    node.config.stash[LEFT_OUT] = max(left_out, node.config.stash[LEFT_OUT])


def pytest_terminal_summary(terminalreporter, config):
    if config.stash[LEFT_OUT]:
        terminalreporter.write_line(
            f"{config.stash[LEFT_OUT]} browser tests were left out, since {NO_BROWSER}", yellow=True
        )


def is_worker(config):
    return hasattr(config, "workerinput")
