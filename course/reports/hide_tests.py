"""Take out of a student's feedback what only teachers may see."""

import html
import re
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_task

# Shorter lines (`else:`, `points`) give nothing away and occur in honest outputs.
SHORTEST_SECRET = 8
ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class HideTests(NbGraderPreprocessor):
    """Remove hidden tests and mark schemes, and every trace of them in outputs.

    It works on the copy that becomes feedback: formgrader still shows the teacher everything.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        secrets: set[str] = set()
        for cell in nb.cells:
            if is_grade(cell) or is_locked(cell) or is_task(cell):  # else it is the student's own
                cell.source, removed = self._split(cell.source)
                secrets.update(removed)
                if removed:
                    outputs = [_plain(output) for output in cell.get("outputs", [])]
                    cell.outputs = [output for output in outputs if output is not None]
        secrets = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        secrets |= {html.escape(secret, quote) for secret in secrets for quote in (True, False)}
        for cell in nb.cells:
            for output in cell.get("outputs", []):
                _censor(output, secrets)
        return nb, resources

    def _split(self, source: str) -> tuple[str, list[str]]:
        """Part a cell's text into what a student may see and the lines that they may not."""
        tests, scheme = ClearHiddenTests(config=self.config), ClearMarkScheme(config=self.config)
        begins = (tests.begin_test_delimeter, scheme.begin_mark_scheme_delimeter)
        ends = (tests.end_test_delimeter, scheme.end_mark_scheme_delimeter)
        shown, hidden, inside = [], [], False
        for line in source.split("\n"):
            if any(begin in line for begin in begins):
                inside = True
            elif any(end in line for end in ends):
                inside = False
            elif inside:
                hidden.append(line.strip())
            else:
                shown.append(line)
        return "\n".join(shown), hidden


def _plain(output: NotebookNode) -> NotebookNode | None:
    """What a hidden test said: printed lines, and errors without traceback.

    Its value is its points, which nbgrader shows in the cell's bar.
    """
    if output.output_type == "stream":
        return output
    if output.output_type == "error":
        return _without_traceback(output)
    return None


def _without_traceback(error: NotebookNode) -> NotebookNode:
    """Keep the kind of error and the first line of its message.

    The lines below that are where comparison functions write what they expected.
    """
    message = next((line for line in error.evalue.splitlines() if line.strip()), "")
    said = f"{error.ename}: {message}" if message else error.ename
    return NotebookNode(output_type="error", ename=error.ename, evalue=message, traceback=[said])


def _censor(output: NotebookNode, secrets: set[str]) -> None:
    """Blank every line of an output that quotes a line of a hidden test."""
    if output.output_type == "stream":
        output.text = _censored(output.text, secrets)
    elif output.output_type == "error":
        if _quotes(ANSI_COLOUR.sub("", "\n".join(output.traceback)), secrets):
            output.update(_without_traceback(output))
        output.traceback = [_censored(line, secrets) for line in output.traceback]
    else:
        for kind, value in output.data.items():
            if isinstance(value, str):
                output.data[kind] = _censored(value, secrets)


def _censored(text: str, secrets: set[str]) -> str:
    if not _quotes(text, secrets):
        return text
    lines = text.splitlines()
    return "\n".join("(hidden test)" if _quotes(line, secrets) else line for line in lines)


def _quotes(text: str, secrets: set[str]) -> bool:
    return any(secret in text for secret in secrets)
