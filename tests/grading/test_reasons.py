import pytest
from nbformat.v4 import new_code_cell, new_output

from course.grading.reasons import LONGEST, reasons


def printed(text):
    return new_code_cell(outputs=[new_output("stream", text=text)])


def raised(name, message=""):
    return new_code_cell(outputs=[new_output("error", ename=name, evalue=message)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("values: 3 of 3 points", []),
        (
            "values: 0 of 3 points. You averaged. Channels are added, not averaged.",
            ["values: You averaged. Channels are added, not averaged."],
        ),
        ("values: 3 of 3 points.\ngradient: 0 of 0.5 points.", ["gradient"]),
        ("values: 1.5 of 3 points\nshape: 0 of 1 point", ["values, shape"]),
        ("values: 0 of 3 points. Not written yet.\nsign: 0 of 1 point", ["not written yet"]),
        (
            "values: 0 of 3 points. Too big.\nsign: 0 of 1 points. Too big.",
            ["values, sign: Too big."],
        ),
        ("no aspect at all", []),
        ("step: . of 3 points, says a student's own print", []),
    ],
)
def test_a_printed_aspect_that_lost_points_is_a_reason(text, expected):
    assert reasons(printed(text)) == expected


@pytest.mark.parametrize(
    ("name", "message", "expected"),
    [
        ("AssertionError", "Square it.", "Square it."),
        ("AssertionError", "", "a test failed that has no message"),
        ("WrongAnswer", "f(X) gives 3.\nTry: print(X)", "f(X) gives 3. Try: print(X)"),
        ("NotImplementedError", "", "not written yet"),
        ("NotWrittenYet", "f is not written yet. Replace the line.", "not written yet"),
        ("NameError", "name 'f' is not defined", "NameError: name 'f' is not defined"),
        ("KeyboardInterrupt", "", "it ran longer than a cell may"),
        ("CellTimeoutError", "", "it ran longer than a cell may"),
        ("OutOfTime", "stopped after 30 seconds", "it ran longer than a cell may"),
        ("Strange", "", "Strange"),
    ],
)
def test_an_error_is_a_reason(name, message, expected):
    assert reasons(raised(name, message)) == [expected]


def test_a_long_message_ends_after_a_sentence():
    (reason,) = reasons(raised("WrongAnswer", "Is this short? Yes. " + "but this goes on " * 20))
    assert reason == "Is this short? Yes."
    (reason,) = reasons(raised("WrongAnswer", "on and " * 50))
    assert len(reason) == LONGEST
