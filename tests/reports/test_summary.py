"""What a teacher reads after a run of the grader, and before one."""

import io

import pytest
from rich.console import Console

from course.grading.grade import Receipt
from course.grading.preview import Change, Move
from course.reports.summary import LostPoints, lost_points, print_moves, print_summary


def graded(student, points, lost=None, lesson="ps1", **about):
    said = f"{points} of 10 points"
    return Receipt(
        student, lesson, "graded", said, 0.1, points=points, most=10.0, lost=lost or {}, **about
    )


RECEIPTS = [
    graded("ana", 10.0),
    graded("ben", 7.0, {"not written yet": 3.0}, repairs=("Missing, and put back: x.",)),
    graded("cleo", 4.0, {"not written yet": 3.0, "sorted [in] place": 3.0}, limits=("killed",)),
    graded("dora", 2.0, {"not written yet": 8.0}, lesson="ps2"),
    Receipt("emil", "ps1", "unchanged", "9 of 10 points", 0.1, points=9.0, most=10.0),
    Receipt("zoe", "ps1", "failed", "no notebook [bold]", 0.0),
    Receipt("fritz", "ps1", "failed", "the folder is a link", 0.0),
]


def printed(show, *about):
    console = Console(file=io.StringIO(), width=110)
    show(*about, console)
    return console.file.getvalue()


def row(text, *starts):
    """The cells of the one line of a table that begins so."""
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines()]
    (found,) = (line for line in lines if line[: len(starts)] == list(starts))
    return found[len(starts) :]


def test_the_dearest_reasons_come_first():
    assert lost_points(RECEIPTS) == [
        LostPoints("ps2", "not written yet", 8.0, 1),
        LostPoints("ps1", "not written yet", 6.0, 2),
        LostPoints("ps1", "sorted [in] place", 3.0, 1),
    ]


def test_a_summary_counts_by_lesson_and_names_what_was_not_graded():
    text = printed(print_summary, RECEIPTS)
    assert row(text, "ps1") == ["3", "7", "10", "1", "1"]
    assert row(text, "ps2") == ["1", "2", "10", "0", "0"]
    assert row(text, "not written yet", "ps1") == ["6", "2"]
    assert row(text, "sorted [in] place", "ps1") == ["3", "1"]
    assert "4 graded, 1 unchanged." in text
    assert text.endswith(
        "Not graded: fritz, ps1: the folder is a link.\nNot graded: zoe, ps1: no notebook [bold].\n"
    )


def test_the_median_of_an_even_class_lies_between_the_two_in_the_middle():
    text = printed(print_summary, [graded(name, float(points)) for points, name in enumerate("ab")])
    assert row(text, "ps1") == ["2", "0.5", "10", "0", "0"]


def test_a_summary_of_nothing_new_is_one_line():
    assert printed(print_summary, [RECEIPTS[4]]) == "0 graded, 1 unchanged.\n"
    assert printed(print_summary, []) == "0 graded, 0 unchanged.\n"


MOVES = [
    Move("cleo", "ps1", 9.0, 7.5, (Change("hidden_mean", 4.0, 2.5),)),
    Move("ana", "ps1", 7.0, 9.0, (Change("check_x", 0.0, 1.0), Change("hidden_x", 0.0, 1.0))),
    Move("ben", "ps1", 7.0, 7.0),
    Move("dora", "ps1", None, 8.0),
    Move("emil", "ps1", 3.0, 3.0, (Change("a", 1.0, 0.0), Change("b", 0.0, 1.0))),
    Move("zoe", "ps1", None, None, problem="there is [no] notebook in the folder"),
]


def test_a_preview_shows_who_moves_by_how_much_and_where():
    text = printed(print_moves, MOVES)
    assert row(text, "ana", "ps1") == ["7", "9", "+2", "check_x, hidden_x"]
    assert row(text, "cleo", "ps1") == ["9", "7.5", "-1.5", "hidden_mean"]
    assert row(text, "dora", "ps1") == ["", "8", "", ""]
    assert row(text, "emil", "ps1") == ["3", "3", "+0", "a, b"]
    assert row(text, "zoe", "ps1") == ["", "", "", "there is [no] notebook in the folder"]
    assert "ben" not in text
    assert text.index("ana") < text.index("cleo")
    said = "1 would gain points, 1 would lose some, 1 stay as they are. Nothing was written: "
    assert text.endswith(f"{said}`course grade` does it.\n")


def test_a_preview_in_which_nobody_moves_is_one_line():
    assert printed(print_moves, [MOVES[2]]).startswith("0 would gain points, 0 would lose some, 1")


@pytest.mark.parametrize("show", [print_summary, print_moves])
def test_what_a_student_has_named_is_no_markup(show):
    if show is print_summary:
        text = printed(show, [graded("ana", 1.0, {"[red]why[/red] [/]": 2.0})])
        assert "[red]why[/red] [/]" in text
    else:
        text = printed(show, [Move("ana", "ps1", None, None, problem="[/] [red]")])
        assert "[/] [red]" in text
