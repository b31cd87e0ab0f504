"""Hidden tests give credit by aspect, and say why an aspect is lost without telling more."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from course.checking import HiddenTest, calling
from course.exercises.arithmetic import correlate
from course.exercises.many_inputs import EXAMPLE


def grade(function: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> tuple[float, str]:
    """The points of a small hidden test of corr2d_multi_in, and its report."""
    names = {"corr2d_multi_in": function, "HiddenTest": HiddenTest}
    hidden = eval("HiddenTest(corr2d_multi_in)", names)
    with hidden.aspect("values", points=2):
        hidden.gives([[56, 72], [104, 120]], *EXAMPLE)
        hidden.agrees((3, 5, 7), (3, 2, 3))
    with hidden.aspect("gradients", points=0.5):
        hidden.has_gradient((3, 5, 7), (3, 2, 3))
    with hidden.aspect("inputs left unchanged", points=0.5):
        hidden.leaves_inputs((3, 5, 7), (3, 2, 3))
    points = hidden.points()
    return points, capsys.readouterr().out


def test_each_aspect_is_scored_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    points, report = grade(lambda X, K: correlate(X, K.detach()), capsys)
    assert points == 2.5
    assert report.splitlines() == [
        "values: 2 of 2 points.",
        "gradients: 0 of 0.5 points. Values are right, but gradients stop here"
        " (`.item()`, `torch.tensor`).",
        "inputs left unchanged: 0.5 of 0.5 points.",
    ]


def test_a_known_mistake_is_named_beside_the_lost_points(
    capsys: pytest.CaptureFixture[str],
) -> None:
    points, report = grade(lambda X, K: correlate(X, K) / len(X), capsys)
    assert points == 0
    assert "You averaged. Channels are added, not averaged." in report
    assert "gradients: 0 of 0.5 points. The values come first." in report


def test_nothing_a_learner_prints_reaches_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    def talkative(X: Tensor, K: Tensor) -> Tensor:
        print("the hidden input is", X)
        return correlate(X, K)

    points, report = grade(talkative, capsys)
    assert points == 3
    assert "hidden input" not in report


def test_an_exception_is_told_by_its_type_only(capsys: pytest.CaptureFixture[str]) -> None:
    def tells(X: Tensor, K: Tensor) -> Tensor:
        raise RuntimeError(f"I was given {X}")

    points, report = grade(tells, capsys)
    assert points == 0
    assert "It raises RuntimeError." in report
    assert "I was given" not in report


def test_after_a_loop_that_never_ends_the_other_aspects_are_not_tried(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(X: Tensor, K: Tensor) -> Tensor:
        while True:
            pass

    monkeypatch.setattr(calling, "TIME_LIMIT", 0.2)
    started = time.thread_time()
    points, report = grade(endless, capsys)
    assert points == 0
    assert "Is there a loop that never ends?" in report
    assert report.count("Not tried, since an earlier call never ended.") == 2
    assert time.thread_time() - started < 10 * calling.TIME_LIMIT


def test_a_call_that_raises_has_no_operations_to_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuses_large_pictures(X: Tensor, K: Tensor) -> Tensor:
        if X.shape[-1] > 6:
            raise ValueError
        return correlate(X, K)

    names = {"corr2d_multi_in": refuses_large_pictures, "HiddenTest": HiddenTest}
    hidden = eval("HiddenTest(corr2d_multi_in)", names)
    with hidden.aspect("operations", points=1):
        hidden.operations((3, 16, 24), (3, 2, 4))
    assert hidden.points() == 0
    assert "It raises ValueError." in capsys.readouterr().out


def test_a_whole_number_image_may_be_refused_but_not_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def points(function: Callable[..., Any]) -> float:
        hidden = eval("HiddenTest(corr2d)", {"corr2d": function, "HiddenTest": HiddenTest})
        with hidden.aspect("fractions", points=1):
            hidden.never_truncates((4, 6), (2, 3))
        return hidden.points()

    def refuses(X: Tensor, K: Tensor) -> Tensor:
        raise RuntimeError("expected the same dtype")

    def cuts(X: Tensor, K: Tensor) -> Tensor:
        Y = torch.zeros(3, 4, dtype=X.dtype)
        for i in range(3):
            for j in range(4):
                Y[i, j] = (X[i : i + 2, j : j + 3] * K).sum()
        return Y

    assert points(refuses) == 1
    assert points(cuts) == 0
