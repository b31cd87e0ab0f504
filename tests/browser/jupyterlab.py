"""A JupyterLab server of a test's own, and what one does with a notebook in its page."""

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager

import nbformat
from playwright.sync_api import expect

# How long to wait for anything. Nothing takes that long, but a busy machine may.
SECONDS = 120


@contextmanager
def jupyterlab(folder, settings=""):
    """Start JupyterLab on a folder, and give a function from a path to its address.

    settings : a folder of JupyterLab settings
    """
    own = folder.with_name(f"{folder.name}-jupyter")
    own.mkdir()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(own),
        "JUPYTER_CONFIG_PATH": str(settings),
        "JUPYTER_RUNTIME_DIR": str(own),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"]
    with (own / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        about = wait_for_server(server, own)
        yield lambda path: f"http://localhost:{about['port']}/{path}?reset&token={about['token']}"
    finally:
        server.terminate()  # it ends its kernels first
        server.wait()


def write_cells(path, *cells):
    """Write a notebook of code cells, which opens without a question about its kernel."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, path)


def wait_for_server(server, own):
    """Return what the server writes about itself once it listens."""
    about = own / f"jpserver-{server.pid}.json"
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        if about.exists() and (text := about.read_text()).endswith("}"):
            return json.loads(text)
        time.sleep(0.1)
    raise AssertionError((own / "server.log").read_text())


class Notebook:
    """A notebook that is open in a page of JupyterLab; a cell goes by its grade_id or its text."""

    def __init__(self, page, path):
        self.page = page
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        self.names = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells]
        self.texts = ["".join(cell["source"]) for cell in cells]

    def cell(self, which):
        known = self.names if which in self.names else self.texts
        return self.page.locator(".jp-Notebook .jp-Cell").nth(known.index(which))

    def output(self, which):
        return self.cell(which).locator(".jp-OutputArea-output")

    def write(self, which, text):
        """Replace all that stands in a code cell, and run it."""
        self.cell(which).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Control+Enter")

    def write_words(self, which, text):
        """The same for a Markdown cell, which a double click opens."""
        self.cell(which).locator(".jp-MarkdownOutput").dblclick()
        self.write(which, text)

    def run(self, which):
        self.cell(which).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def show(self, which):
        """Go to a cell and its output. (Without the click, JupyterLab would scroll back.)"""
        self.cell(which).locator(".jp-InputPrompt").click()
        self.cell(which).evaluate("cell => cell.scrollIntoView({block: 'center'})")

    def menu(self, *names):
        """Choose from the menus, as in menu("Run", "Run All Cells")."""
        for name in names:
            label = self.page.locator(".lm-MenuBar-itemLabel, .lm-Menu-itemLabel")
            label.filter(has_text=re.compile(f"^{re.escape(name)}$")).click()

    def theme(self, name):
        """Change to "JupyterLab Light" or "JupyterLab Dark"."""
        self.menu("Settings", "Theme", name)
        light = "true" if name == "JupyterLab Light" else "false"
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", light)
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def wait_until_idle(self):
        expect(self.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
