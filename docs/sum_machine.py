"""Take the picture at the head of README.md:  .venv/bin/python -m docs.sum_machine"""

from pathlib import Path

from playwright.sync_api import sync_playwright

from course.widgets.sum_machine import SumMachine
from tests.browser.widget_page import open_widgets
from tests.conftest import find_chromium

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
    page = browser.new_page(device_scale_factor=2)
    (machine,) = open_widgets(page, SumMachine(), width=810)
    machine.screenshot(path=Path(__file__).with_suffix(".png"))
    browser.close()
