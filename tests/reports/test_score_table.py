import csv
import io
import shutil

import pytest
from rich.console import Console

from course.grading.folder import open_course
from course.reports import print_table, score_table, write_csv, write_markdown
from course.reports.score_table import LessonTable, Row, Score


@pytest.fixture(scope="module")
def tables(graded_class):
    return {table.lesson: table for table in score_table(graded_class.root)}


@pytest.fixture(scope="module")
def rows(tables):
    return {row.student: row for row in tables["ps1"].rows}


def test_an_exercise_is_the_sum_of_its_cells_in_the_order_of_the_notebook(tables):
    assert list(tables["ps1"].exercises.items()) == [("mean", 5), ("median", 5), ("compare", 3)]


def test_everyone_who_handed_in_anything_has_a_row_in_every_lesson(graded_class, tables):
    students = sorted(path.name for path in (graded_class.root / "submitted").iterdir())
    for table in tables.values():
        assert [row.student for row in table.rows] == students


@pytest.mark.parametrize(
    ("student", "exercise", "points", "reason"),
    [
        ("perfect", "mean", 5, ()),
        ("perfect", "compare", None, ()),  # a human has yet to mark it
        ("loops", "mean", 0, ("it ran longer than a cell may",)),
        (
            "ends",
            "mean",
            0,
            ("Python ended or hung here: os._exit, a crash, no memory left, or an endless loop.",),
        ),
        ("skips", "mean", 1, ("The mean of one number is that number.",)),
        ("sorts", "median", 4, ("list left unchanged",)),
        ("untouched", "mean", 0, ("not written yet",)),
        ("untouched", "compare", 0, ("no answer",)),
        ("wrong", "mean", 0, ("NameError: name 'secret' is not defined",)),
    ],
)
def test_every_lost_point_has_a_reason(rows, student, exercise, points, reason):
    (score,) = [score for score in rows[student].scores if score.exercise == exercise]
    assert (score.points, score.reasons) == (points, reason)


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        ("renames", "no notebook has the file name that the lesson gave it"),
        ("strays", "nothing handed in"),
    ],
)
def test_what_was_not_graded_has_a_reason_and_no_points(rows, student, reason):
    assert rows[student].not_graded == reason
    assert rows[student].scores == ()


def test_marks_by_hand_and_a_late_penalty_count(graded_class, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(graded_class.root, root)
    with open_course(root).gradebook as gradebook:
        mark = gradebook.find_grade("compare", "ps1", "ps1", "perfect")
        mark.manual_score, mark.needs_manual_grade = 2, False
        comment = gradebook.find_comment("compare", "ps1", "ps1", "perfect")
        comment.manual_comment = "Why does the median stay?"
        submitted = gradebook.find_submission_notebook("ps1", "ps1", "perfect")
        submitted.late_submission_penalty = 1
        gradebook.db.commit()
    ps1 = score_table(root)[0]
    (row,) = [row for row in ps1.rows if row.student == "perfect"]
    assert row.total == 11
    assert row.scores[2].reasons == ("marked by hand: Why does the median stay?",)


def test_the_printed_table_fits_and_names_every_lost_point(graded_class):
    console = Console(width=100, file=io.StringIO())
    print_table(score_table(graded_class.root), console)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 100

    def line(start):
        return next(" ".join(line.split()) for line in lines if line.strip().startswith(start))

    assert line("perfect") == "perfect 5 5 to mark 10+"
    assert line("renames") == "renames – – – –"
    assert "sorts median −1 list left unchanged" in [" ".join(line.split()) for line in lines]
    assert "untouched mean, median −10 not written yet" in [" ".join(x.split()) for x in lines]
    said = "deletes repaired Missing, and put back: check_mean, hidden_mean, hidden_median."
    assert said in [" ".join(x.split()) for x in lines]


def test_csv_and_markdown_hold_a_line_for_each_student_and_exercise(graded_class, tmp_path):
    tables = score_table(graded_class.root)
    write_csv(tables, tmp_path / "scores.csv")
    write_markdown(tables, tmp_path / "scores.md")
    with (tmp_path / "scores.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    (wrong,) = [x for x in lines if (x["student"], x["exercise"]) == ("wrong", "mean")]
    assert (wrong["points"], wrong["of"]) == ("0", "5")
    (other,) = [x for x in lines if (x["student"], x["lesson"]) == ("renames", "ps1")]
    assert other["reason"] == "not graded: no notebook has the file name that the lesson gave it"
    assert other["points"] == ""
    repaired = [x["reason"] for x in lines if x["student"] == "deletes" and not x["exercise"]]
    assert repaired[0].startswith("repaired: Missing, and put back: check_mean, hidden_mean")
    assert (tmp_path / "scores.md").read_text().count("\n") == len(lines) + 2


def test_what_a_student_wrote_is_printed_as_it_is():
    said = "values: One filter is K[o], [/x] and [bold]not[/bold] markup."
    score = Score("corr2d", 0, 3, (said,))
    table = LessonTable("ps1", {"corr2d": 3}, (Row("ana", (score,), 0, None),))
    console = Console(width=110, file=io.StringIO())
    print_table([table], console)
    assert said in " ".join(console.file.getvalue().split())
