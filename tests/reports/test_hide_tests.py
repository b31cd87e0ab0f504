"""One cell at a time, without a kernel."""

import html

import pytest
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from traitlets.config import Config

from course.reports.hide_tests import HideTests
from tests.foreign_course import code, notebook, task, tested, written

HIDDEN = """\
# In words.
### BEGIN HIDDEN TESTS
assert square(7) == 49
### END HIDDEN TESTS"""


def cleaned(*cells, config=None):
    return HideTests(config=config or Config()).preprocess(notebook(*cells), {})[0].cells


def hidden_cell(*outputs):
    cell = tested("hidden_square", HIDDEN, points=1)
    cell.outputs = list(outputs)
    return cell


def test_the_words_around_a_hidden_test_stay():
    assert cleaned(hidden_cell())[0].source == "# In words."


def test_a_mark_scheme_goes():
    cell = task("why", "Why?\n### BEGIN MARK SCHEME\nbecause\n### END MARK SCHEME", points=1)
    assert cleaned(cell)[0].source == "Why?"


def test_markers_in_a_students_own_cell_are_their_own_text():
    cells = cleaned(code("# BEGIN HIDDEN TESTS\nmine = 1"))
    assert cells[0].source == "# BEGIN HIDDEN TESTS\nmine = 1"


def test_the_markers_of_the_configuration_count():
    config = Config()
    config.ClearHiddenTests.begin_test_delimeter = "VON HIER"
    config.ClearHiddenTests.end_test_delimeter = "BIS HIER"
    cell = tested("t", "# VON HIER\nassert secret(3)\n# BIS HIER\nshown", points=1)
    assert cleaned(cell, config=config)[0].source == "shown"


def test_a_mark_scheme_in_a_written_answer_that_was_put_back_goes():
    cell = written("why", "Why?\n### BEGIN MARK SCHEME\nbecause\n### END MARK SCHEME", points=1)
    assert cleaned(cell)[0].source == "Why?"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("", "AssertionError"),
        ("Square the number.", "AssertionError: Square the number."),
        (
            "\nArrays are not equal\n ACTUAL: 8\n DESIRED: 49",
            "AssertionError: Arrays are not equal",
        ),
    ],
)
def test_an_error_keeps_its_kind_and_the_first_line_of_its_message(message, shown):
    trace = ["----> 3 assert square(7) == 49"]
    error = new_output("error", ename="AssertionError", evalue=message, traceback=trace)
    output = cleaned(hidden_cell(error))[0].outputs[0]
    assert output.traceback == [shown]
    assert "49" not in str(output)


def test_pictures_html_and_the_value_of_a_hidden_test_go():
    picture = new_output("display_data", {"image/png": "aaaa", "text/html": "<b>49</b>"})
    points = new_output("execute_result", {"text/plain": "0.5", "text/html": "<b>49</b>"})
    assert cleaned(hidden_cell(picture, points))[0].outputs == []


def test_a_quotation_in_another_cells_output_is_blanked():
    coloured = "----> 3 \x1b[38;5;28;01massert\x1b[39;00m square(\x1b[38;5;241m7\x1b[39m) == 49"
    outputs = [
        new_output("stream", text="before\n 'assert square(7) == 49',\nafter"),
        new_output("display_data", {"text/plain": "assert square(7) == 49"}),
        new_output("error", ename="E", evalue="no", traceback=["x", coloured]),
    ]
    cell = NotebookNode(new_code_cell("print(In)", outputs=outputs))
    shown = cleaned(hidden_cell(), cell)[1].outputs
    assert shown[0].text == "before\n(hidden test)\nafter"
    assert shown[1].data == {"text/plain": "(hidden test)"}
    assert shown[2].traceback == ["E: no"]


@pytest.mark.parametrize("quote", [True, False])
def test_a_quotation_in_html_is_blanked_however_its_quotation_marks_are_written(quote):
    test = "### BEGIN HIDDEN TESTS\nassert kind(7) < 'odd'\n### END HIDDEN TESTS"
    quoted = html.escape("assert kind(7) < 'odd'", quote)
    cell = code("In")
    cell.outputs = [new_output("display_data", {"text/html": f"<pre>\n{quoted}\n</pre>"})]
    shown = cleaned(tested("hidden_kind", test, points=1), cell)[1].outputs[0]
    assert shown.data["text/html"] == "<pre>\n(hidden test)\n</pre>"
