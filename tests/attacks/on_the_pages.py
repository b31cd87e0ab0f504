"""Attacks on whoever opens the pages: HTML, scripts and pictures in what a student's cells show."""

from nbformat.v4 import new_markdown_cell, new_raw_cell

from tests.attacks.attack import Attack, instead, reads
from tests.grading.hostile import HTML, LINKS, RUN, SVG

SHOW = "from IPython.display import HTML, Javascript, Markdown, SVG, display\n"
BROKEN_PNG = '"><script>' + RUN + "</script>"


def show(data):
    return reads(f"{SHOW}display({data!r}, raw=True)")


def markdown(nb):
    nb.cells.extend(new_markdown_cell(text) for text in [*HTML.values(), *LINKS.values()])
    nb.cells.extend(new_raw_cell(text) for text in HTML.values())


PAGES = {
    "html": Attack(
        43,
        "runs in formgrader and in feedback",
        cells={
            "hidden_mean": f"{SHOW}for text in {list(HTML.values())!r}:\n    display(HTML(text))"
        },
    ),
    "javascript": Attack(
        44,
        "runs",
        cells={
            "hidden_mean": f"{SHOW}display(Javascript({RUN!r}))",
            "mean": f"{SHOW}display({{'application/vnd.jupyter.widget-view+json': {RUN!r},"
            f" 'application/x-anything': {RUN!r}, 'text/html': '<script>{RUN}</script>'}},"
            " raw=True)",
        },
    ),
    "markdown": Attack(45, "runs even where nbconvert sanitizes", change=markdown),
    "markdown-output": Attack(
        45,
        "runs",
        cells={
            "hidden_mean": f"{SHOW}for text in {[*HTML.values(), *LINKS.values()][:45]!r}:\n"
            "    display(Markdown(text))"
        },
    ),
    "svg": Attack(
        46,
        "harmless in an <img>",
        cells={
            "hidden_mean": f"{SHOW}display(SVG({SVG!r}))\n"
            f"display({{'image/png': {BROKEN_PNG!r}, 'image/svg+xml': {SVG!r}}}, raw=True)"
        },
    ),
    "error-in-html": Attack(
        answers={
            "mean": f"class E(Exception):\n    def __str__(self): return {HTML['script']!r} + "
            f"'\\x1b[31m\\x1b]8;;javascript:{'window.hacked=1'}\\x07' + {HTML['onerror']!r}\n"
            f"E.__name__ = {HTML['script']!r}\ndef mean(values):\n    raise E"
        },
        points={"check_mean": 0.0, "hidden_mean": 0.0},
    ),
    "printed-html": reads(f"import sys\nprint({HTML['script']!r})\nprint('\\x1b[1m' * 50_000)"),
    "repr-in-html": Attack(
        answers={
            "mean": f"class R:\n    def _repr_html_(self): return {HTML['script']!r}\n"
            f"    def __repr__(self): return {HTML['onerror']!r}\ndef mean(values):\n    return R()"
        },
        points={"check_mean": 0.0, "hidden_mean": 0.0},
    ),
    "answer-in-html": instead(
        "mean", f"def mean(values):\n    return {HTML['script']!r}", stock="escaped"
    ),
}
