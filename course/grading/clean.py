"""Make what a student's notebook shows harmless on the pages that a teacher opens."""

import re
from functools import cached_property
from typing import Any

import nh3
from nbconvert.exporters import HTMLExporter
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from course.grading.harmless import clean_html, is_harmless

SHOWN_AS_TEXT = "*Shown as text, since as Markdown or HTML it could act on this page:*"
# Longer ones, if they are made for it, keep nbconvert busy for minutes.
LONGEST_MARKDOWN = 20_000
MOST_REMEMBERED = 1000

IMAGES = {"image/jpeg", "image/png", "image/svg+xml"}  # SVG stands in an <img>, where nothing runs
TEXTS = {"text/latex", "text/plain"}  # nbconvert escapes these, and MathJax runs in its safe mode


class Clean(NbGraderPreprocessor):
    """Take scripts, forms, widgets and the like out of outputs; show Markdown with such as text.

    What is harmless stays as it is, byte for byte. The graded notebook itself is cleaned, so every
    page made of it is harmless, whichever configuration the server was started with. It stands
    after scoring, since it removes outputs that show nothing.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        nb.metadata.pop("widgets", None)
        for cell in nb.cells:
            # Pages put some of the rest into HTML as it is; nothing of it is for people to read.
            cell.metadata = NotebookNode(
                {key: value for key, value in cell.metadata.items() if key == "nbgrader"}
            )
            if cell.cell_type == "code":
                cell.execution_count = _count(cell.execution_count)
                cleaned = (self._clean_output(output) for output in cell.outputs)
                cell.outputs = [output for output in cleaned if output is not None]
            elif cell.cell_type == "markdown":
                cell.source = self._clean_markdown(cell.source, cell)
            elif not is_harmless(cell.source):  # raw, which a page takes for HTML
                cell.cell_type, cell.source = "markdown", _as_text(cell.source)
        return nb, resources

    def _clean_markdown(self, source: str, cell: NotebookNode) -> str:
        if cell.get("attachments"):  # which take part in what is shown
            return source if self._shows_harmless(source, cell) else _as_text(source)
        # A class hands in the lesson's own words over and over.
        if source not in self._harmless:
            if len(self._harmless) >= MOST_REMEMBERED:
                self._harmless.clear()
            self._harmless[source] = self._shows_harmless(source, cell)
        return source if self._harmless[source] else _as_text(source)

    def _shows_harmless(self, source: str, cell: NotebookNode) -> bool:
        try:
            if len(source) <= LONGEST_MARKDOWN:
                return is_harmless(self._exporter.markdown2html({"cell": cell}, source))
        except Exception as problem:  # of nbconvert, which would also fail on the page
            self.log.warning("Markdown that nbconvert cannot read is shown as text: %r", problem)
        return False

    @cached_property
    def _exporter(self) -> HTMLExporter:
        # Headings get no id: that of a student's could be the one of a score's field.
        return HTMLExporter(  # type: ignore[no-untyped-call]
            config=self.config, exclude_anchor_links=True
        )

    @cached_property
    def _harmless(self) -> dict[str, bool]:
        return {}

    def _clean_output(self, output: NotebookNode) -> NotebookNode | None:
        """The output with harmless data and no more, or None if it then shows nothing."""
        kind = output.output_type
        if kind == "stream":
            return NotebookNode(output_type=kind, name=output.name, text=str(output.text))
        if kind == "error":
            lines = [str(line) for line in output.traceback]
            ename, evalue = str(output.ename), str(output.evalue)
            return NotebookNode(output_type=kind, ename=ename, evalue=evalue, traceback=lines)
        data, metadata = NotebookNode(), NotebookNode()
        for mime, value in output.data.items():
            shown = self._clean_data(mime, value) if isinstance(value, str) else ""
            if shown:
                data[mime] = shown
                if mime in IMAGES:
                    metadata[mime] = _image_metadata(output.metadata.get(mime))
        if not data:
            return None
        cleaned = NotebookNode(output_type=kind, data=data, metadata=metadata)
        if kind == "execute_result":
            cleaned.execution_count = _count(output.execution_count)
        return cleaned

    def _clean_data(self, mime: str, value: str) -> str:
        """The value if it is harmless, the harmless part of HTML, or nothing."""
        if mime in IMAGES or mime in TEXTS:
            return value
        if mime == "text/markdown":
            return self._clean_markdown(value, NotebookNode())
        if mime == "text/html":
            cleaned = value if is_harmless(value) else clean_html(value)
            return cleaned if _shows_something(cleaned) else ""
        return ""


def _as_text(source: str) -> str:
    """Markdown that shows this source as it was written."""
    longest = max((len(ticks) for ticks in re.findall("`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{SHOWN_AS_TEXT}\n\n{fence}\n{source}\n{fence}"


def _shows_something(html: str) -> bool:
    """Whether there is a word or a picture in it; if not, an output's plain text says more."""
    return bool(nh3.clean(html, tags={"img"}).strip())


def _image_metadata(given: Any) -> NotebookNode:
    """The size and the words of a picture. (Pages write the size without quotation marks.)"""
    given = given if isinstance(given, dict) else {}
    sizes = {key: given[key] for key in ("width", "height") if _is_number(given.get(key))}
    words = {"alt": given["alt"]} if isinstance(given.get("alt"), str) else {}
    return NotebookNode(sizes | words)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _count(value: Any) -> int | None:
    """The number of an execution, which a kernel may send as any text."""
    return value if type(value) is int else None
