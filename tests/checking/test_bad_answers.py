"""What a learner does badly gets one clear message, in at most four lines."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from course import check, corr2d, hint, progress
from course.checking import NotWrittenYet, WrongAnswer, calling
from course.exercises.arithmetic import correlate

ANSWERS: dict[str, tuple[Callable[..., Any], str]] = {
    "nothing returned": (lambda X, K: None, "gives None.\nDid you forget `return`?"),
    "a list": (lambda X, K: [correlate(X, K)], "gives a list, expected a tensor."),
    "a tuple": (lambda X, K: (X, K), "gives a tuple, expected a tensor."),
    "a number": (lambda X, K: 56.0, "gives a number, expected a tensor."),
    "an array of NumPy": (
        lambda X, K: correlate(X, K).numpy(),
        "gives ndarray, expected a tensor.",
    ),
    "complex numbers": (
        lambda X, K: correlate(X, K).to(torch.complex64),
        "gives torch.complex64, expected a tensor.",
    ),
    "a scalar tensor": (lambda X, K: torch.tensor(56.0), "gives shape (), expected (2, 2)."),
    "a wrong shape": (lambda X, K: correlate(X, K).T, "gives shape (5, 4), expected (4, 5)."),
    "axes swapped": (
        lambda X, K: correlate(X, K).T,
        "You return (w_o, h_o). Wanted is (h_o, w_o).",
    ),
    "NaN": (lambda X, K: correlate(X, K) / 0 * 0, "gives NaN at [0, 0]."),
    "wrong values": (
        lambda X, K: correlate(X, K) + 1,
        "gives 57 at [0, 0], expected 56.\nThere, 19 + 37 = 56.",
    ),
    "one argument": (
        lambda X: X,
        "corr2d_multi_in must be called as corr2d_multi_in(X, K).",
    ),
    "stopping Python": (lambda X, K: exit(), "It stops Python itself."),
    "another answer each time": (
        lambda X, K, memory=[]: correlate(X, K) + len(memory.append(1) or memory) // 5,
        "answers differently when it is called twice",
    ),
    "inputs changed": (
        lambda X, K: correlate(X, K.clone()) + 0 * X.zero_().sum(),
        "changes X.\nYou changed the input. A slice is a view, not a copy.",
    ),
    "gradients cut": (
        lambda X, K: torch.tensor(correlate(X, K).tolist()),
        "no gradient reaches X.\nValues are right, but gradients stop here",
    ),
    "a detour through NumPy": (
        lambda X, K: torch.from_numpy(np.asarray(correlate(X, K).numpy())),
        "NumPy and SciPy cannot carry gradients.",
    ),
    "the gradient of K cut": (
        lambda X, K: correlate(X, K.detach()),
        "no gradient reaches K.",
    ),
}


def message(function: Callable[..., Any]) -> str:
    corr2d_multi_in = function  # noqa: F841 - the check finds a function by the lesson's name
    names = {"check": check, "corr2d_multi_in": function}
    with pytest.raises(WrongAnswer) as caught:
        exec("check(corr2d_multi_in)", names)
    return str(caught.value)


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_bad_answer_is_told_in_at_most_four_lines(answer: str) -> None:
    function, sentence = ANSWERS[answer]
    told = message(function)
    assert sentence in told
    assert len(told.split("\n")) <= 4


def test_unwritten_work_is_no_error_in_tone() -> None:
    def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
        raise NotImplementedError

    with pytest.raises(NotWrittenYet) as caught:
        check(corr2d_multi_in)
    assert str(caught.value).startswith("corr2d_multi_in is not written yet.")
    assert caught.value._render_traceback_()[0].startswith("…")


def test_a_learners_own_exception_keeps_its_type_and_gets_one_note() -> None:
    def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
        return X[99]

    with pytest.raises(IndexError, match="99") as caught:
        check(corr2d_multi_in)
    assert caught.value.__notes__ == [
        "corr2d_multi_in(X: (2, 3, 3), K: (2, 2, 2)) raises IndexError."
    ]


def test_the_stub_of_another_function_is_not_mistaken_for_this_one() -> None:
    def helper(X: Tensor) -> Tensor:
        raise NotImplementedError

    def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
        return helper(X)

    with pytest.raises(NotImplementedError) as caught:
        check(corr2d_multi_in)
    assert not isinstance(caught.value, NotWrittenYet)


def test_a_learners_own_not_implemented_error_is_theirs() -> None:
    def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
        raise NotImplementedError("only square kernels")

    with pytest.raises(NotImplementedError, match="only square kernels"):
        check(corr2d_multi_in)


def test_a_loop_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
        while True:
            with contextlib.suppress(Exception):
                pass

    monkeypatch.setattr(calling, "TIME_LIMIT", 0.2)
    with pytest.raises(WrongAnswer, match="Is there a loop that never ends"):
        check(corr2d_multi_in)


def test_a_call_that_only_waits_is_stopped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
        time.sleep(60)
        return X

    monkeypatch.setattr(calling, "TIME_LIMIT", 0.1)
    with pytest.raises(WrongAnswer, match="It did not finish"):
        check(corr2d_multi_in)


def test_the_arguments_of_the_failing_call_can_be_tried_again() -> None:
    def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
        return correlate(X, K) / len(X)

    with pytest.raises(WrongAnswer, match=r"Try:  X, K = check\.case"):
        check(corr2d_multi_in)
    X, _K = check.case
    assert X.shape == (2, 3, 3)
    assert check.mistake is not None
    assert check.mistake.row == 16


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (torch.zeros(2, 2), "check() wants the function itself"),
        (None, "check() wants the function itself"),
        ("corr2d", "check() wants the function itself"),
        (corr2d, "This corr2d is the course's own. Write yours."),
        (corr2d.__class__, "'function' is not an exercise of this course."),
        (lambda X, K: X, "'<lambda>' is not an exercise of this course."),
    ],
)
def test_what_is_no_exercise_is_told_in_one_sentence(given: object, sentence: str) -> None:
    with pytest.raises(WrongAnswer) as caught:
        check(given)
    assert sentence in str(caught.value)


def test_a_misspelt_name_is_guessed() -> None:
    def corr2d_multi_inn(X: Tensor, K: Tensor) -> Tensor:
        return X

    with pytest.raises(WrongAnswer, match="Did you mean corr2d_multi_in"):
        check(corr2d_multi_inn)


def test_a_lambda_is_known_by_its_name_in_the_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    names = {"check": check, "correlate": correlate}
    exec("corr2d_multi_in = lambda X, K: correlate(X, K)\ncheck(corr2d_multi_in)", names)
    assert capsys.readouterr().out.startswith("✓ corr2d_multi_in is right")


def test_what_an_honest_answer_prints_is_shown_and_nothing_reaches_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import sys

    def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
        print("here")
        print("a warning", file=sys.stderr)
        return correlate(X, K)

    check(corr2d_multi_in)
    out, err = capsys.readouterr()
    assert "here" in out
    assert "a warning" in out
    assert err == ""


def test_hints_come_one_by_one_and_the_last_one_stays(capsys: pytest.CaptureFixture[str]) -> None:
    hint.given.clear()
    for _ in range(4):
        hint("corr2d_multi_in")
    lines = capsys.readouterr().out.splitlines()
    assert [line[:11] for line in lines] == ["Hint 1 of 3", "Hint 2 of 3"] + ["Hint 3 of 3"] * 2


def test_a_hint_for_an_unknown_name_guesses_the_right_one() -> None:
    with pytest.raises(WrongAnswer, match="Did you mean corr2d"):
        hint("corr2")


def test_one_function_cannot_answer_two_exercises() -> None:
    lesson = "def by_hand(*a):\n    return 'add'\nexpose_bugs = by_hand\ncheck(expose_bugs)"
    with pytest.raises(WrongAnswer, match="by_hand, expose_bugs are one and the same function"):
        exec(lesson, {"check": check})


def test_progress_shows_what_is_done_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "states", {"corr2d_multi_in": "right", "expose_bugs": "wrong"})
    shown = repr(progress("02_many_inputs"))
    assert "✓ corr2d_multi_in         done" in shown
    assert "✗ expose_bugs             not right yet" in shown
    assert "· by_hand                 not checked yet" in shown
    assert shown.endswith("1 of 5 exercises done.")
    assert "<caption" in progress("02_many_inputs")._repr_html_()


def test_progress_of_an_unknown_lesson_names_the_lessons() -> None:
    with pytest.raises(ValueError, match=r"There is no lesson '2'\. Lessons: .*02_many_inputs"):
        progress("2")
