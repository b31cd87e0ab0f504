"""How fast the widgets answer and move: in JupyterLab, in Chromium, with Python behind them.

    make bench

An edit counts from the key that ends it to the frame that shows the new sum: the way to Python and
back, the computation, and the drawing. Beside it stands the way alone, of a widget that sends a
number and gets it back, which is what JupyterLab and the kernel take for themselves. A frame is
late where more than one and a half of a 60th of a second passed since the one before it.
"""

import statistics
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.browser.jupyterlab import SECONDS as PATIENCE
from tests.browser.jupyterlab import Notebook, jupyterlab, write_cells
from tests.conftest import find_chromium

COURSE = Path(__file__).parents[1]
EDITS = 40
PAUSE = 250
SECONDS = 5
SUMMED = (statistics.median, max)

MACHINE = """
import torch
from course.widgets import SumMachine
torch.manual_seed(0)
SumMachine(torch.randint(-9, 10, (4, 12, 12)).float(), torch.randint(-3, 4, (4, 3, 3)).float())
"""

ECHO = '''
import anywidget, traitlets

class Echo(anywidget.AnyWidget):
    _esm = """
    export default {render({model, el}) {
      el.id = "echo";
      window.echo = () => new Promise((done) => {
        const start = performance.now();
        const hear = () => { model.off("change:back", hear); done(performance.now() - start); };
        model.on("change:back", hear);
        model.set("sent", model.get("sent") + 1);
        model.save_changes();
      });
    }}"""
    sent = traitlets.Int(0).tag(sync=True)
    back = traitlets.Int(0).tag(sync=True)

    @traitlets.observe("sent")
    def _return(self, change):
        self.back = self.sent

Echo()
'''

EDIT = """([value]) => new Promise((done) => {
  const machine = document.querySelector(".mc-sum");
  const cell = machine.querySelector(".mc-of-x .mc-cell");
  const total = machine.querySelector(".mc-sum-total");
  cell.focus();
  cell.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
  const editor = cell.querySelector("input");
  editor.value = value;
  const start = performance.now();
  new MutationObserver((_, observer) => {
    observer.disconnect();
    requestAnimationFrame(() => done(performance.now() - start));
  }).observe(total, {childList: true, characterData: true, subtree: true});
  editor.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
})"""

FRAMES = """([seconds, key]) => new Promise((done) => {
  const frame = document.querySelector(".mc-window");
  const times = [];
  const end = performance.now() + 1000 * seconds;
  let count = 0;
  const look = (now) => {
    times.push(now);
    const press = new KeyboardEvent("keydown", {key, bubbles: true});
    if (key && count++ % 6 === 0) frame.dispatchEvent(press);
    if (key && count % 60 === 0) key = key === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    if (now < end) requestAnimationFrame(look);
    else done(times);
  };
  requestAnimationFrame(look);
})"""


def repeated(page: Page, once: Callable[[int], float]) -> list[float]:
    """Milliseconds of many repetitions, as far apart as a quick hand's; the first warms up."""
    times = []
    for n in range(EDITS + 1):
        page.wait_for_timeout(PAUSE)
        times.append(once(n))
    return times[1:]


def frames(page: Page, key: str | None = None) -> list[float]:
    """Milliseconds between one frame and the next, while the widget moves."""
    times = page.evaluate(FRAMES, [SECONDS, key])
    return [after - before for before, after in pairwise(times)]


def measured() -> Table:
    """Open the sum machine, 4 channels of 12 by 12, and measure it."""
    table = Table("Sum machine, 4 channels of 12×12", "median", "slowest", "wanted")
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        lab = Path(folder) / "lab"
        lab.mkdir()
        write_cells(lab / "bench.ipynb", MACHINE, ECHO)
        expect.set_options(timeout=1000 * PATIENCE)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        with jupyterlab(lab, settings=COURSE / "tools" / "lab") as at:
            page.goto(at("lab/tree/bench.ipynb"))
            notebook = Notebook(page, lab / "bench.ipynb")
            notebook.wait_until_idle()
            notebook.menu("Run", "Run All Cells")
            page.locator(".mc-sum-total").wait_for()
            page.locator("#echo").wait_for(state="attached")
            way = repeated(page, lambda n: page.evaluate("echo()"))
            table.add_row("to Python and back alone", *(f"{f(way):.1f} ms" for f in SUMMED), "")
            times = repeated(page, lambda n: page.evaluate(EDIT, [str(n % 10)]))
            table.add_row("edit to picture", *(f"{f(times):.1f} ms" for f in SUMMED), "≤ 50 ms")
            page.get_by_role("button", name="Play").click()
            add_frames(table, "playing", frames(page))
            page.get_by_role("button", name="Pause").click()
            add_frames(table, "stepping ten times a second", frames(page, "ArrowRight"))
        browser.close()
    return table


def add_frames(table: Table, name: str, gaps: list[float]) -> None:
    """One row: how long a frame took, and how many came late."""
    late = sum(gap > 1.5 * 1000 / 60 for gap in gaps)
    rate = 1000 * len(gaps) / sum(gaps)
    table.add_row(
        f"{name}: {rate:.1f} frames a second, {late} of {len(gaps)} late",
        *(f"{f(gaps):.1f} ms" for f in SUMMED),
        "60 a second",
    )


if __name__ == "__main__":
    Console(width=110).print(measured())
