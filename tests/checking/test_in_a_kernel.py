"""What a learner sees in a notebook: our message alone, or their own exception and theirs alone."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = {
    "wrong": "corr2d_multi_in = lambda X, K: sum(corr2d(x, k) for x, k in zip(X, K)) / len(X)",
    "blank": "def corr2d_multi_in(X, K):\n    raise NotImplementedError()",
    "broken": "def corr2d_multi_in(X, K):\n    return X[99]",
    "exits": "def corr2d_multi_in(X, K):\n    exit()",
    "warns": (
        "import sys, warnings\ndef corr2d_multi_in(X, K):\n    warnings.warn('careful')\n"
        "    print('mine', file=sys.stderr)\n    return sum(map(corr2d, X, K))"
    ),
}


@pytest.fixture(scope="module")
def outputs() -> dict[str, list[dict]]:
    """The outputs of the check cell after each of the solutions above, from one real kernel."""
    cells = [nbformat.v4.new_code_cell("from course import check, corr2d")]
    for source in CELLS.values():
        cells.append(nbformat.v4.new_code_cell(source))
        cells.append(nbformat.v4.new_code_cell("check(corr2d_multi_in)"))
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, allow_errors=True, kernel_name="python3").execute()
    return dict(zip(CELLS, [cell.outputs for cell in notebook.cells[2::2]], strict=True))


def plain(output: dict) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))


def test_a_wrong_answer_shows_our_message_and_no_traceback(outputs: dict) -> None:
    (output,) = outputs["wrong"]
    assert plain(output).splitlines() == [
        "✗ corr2d_multi_in(X: (2, 3, 3), K: (2, 2, 2)) gives 28 at [0, 0], expected 56.",
        "  There, 19 + 37 = 56.",
        "  You averaged. Channels are added, not averaged.",
        "  Try:  X, K = check.case",
    ]


def test_unwritten_work_shows_a_calm_line(outputs: dict) -> None:
    (output,) = outputs["blank"]
    assert plain(output).splitlines()[0] == "… corr2d_multi_in is not written yet."


def test_a_learners_exception_shows_their_line_and_none_of_ours(outputs: dict) -> None:
    (output,) = outputs["broken"]
    assert output["ename"] == "IndexError"
    assert "return X[99]" in plain(output)
    assert "course/checking" not in plain(output)
    assert "corr2d_multi_in(X: (2, 3, 3), K: (2, 2, 2)) raises IndexError." in plain(output)


def test_exit_is_told_and_the_kernel_lives_on(outputs: dict) -> None:
    (output,) = outputs["exits"]
    assert "It stops Python itself." in plain(output)
    assert outputs["warns"]


def test_a_warning_of_a_right_answer_never_reaches_stderr(outputs: dict) -> None:
    assert {output.get("name") for output in outputs["warns"]} == {"stdout"}
