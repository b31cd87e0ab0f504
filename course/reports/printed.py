"""The score table on a terminal, as CSV and as Markdown."""

import csv
from collections.abc import Iterator
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from course.reports.score_table import LessonTable, Row, Score

COLUMNS = ("lesson", "student", "exercise", "points", "of", "reason")
WIDEST_HEADER = 12


def print_table(tables: list[LessonTable], console: Console) -> None:
    """Print a table of points a lesson, each with the reasons of its lost points below."""
    for table in tables:
        console.print(_points(table))
        if any(_losses(row) for row in table.rows):
            console.print(_lost_points(table))
        console.print()


def _points(table: LessonTable) -> Table:
    shown = Table(title=table.lesson, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    shown.add_column("student", no_wrap=True)
    for exercise, most in table.exercises.items():
        shown.add_column(f"{_folded(exercise)}\nof {most:g}", justify="right")
    shown.add_column(f"total\nof {table.most:g}", justify="right", style="bold")
    for row in table.rows:
        if row.not_graded:
            shown.add_row(row.student, *["–"] * len(table.exercises), "–")
        else:
            open_marks = any(score.points is None for score in row.scores)
            total = f"{row.total:g}" + ("+" if open_marks else "")
            shown.add_row(row.student, *map(_shown, row.scores), total)
    return shown


def _folded(name: str) -> str:
    """Break a long name at its underscores, so that its column stays narrow.

    >>> _folded("corr2d_multi_in_out_1x1")
    'corr2d_\\nmulti_in_\\nout_1x1'
    """
    lines = [""]
    for part in name.replace("_", "_ ").split():
        if lines[-1] and len(lines[-1] + part) > WIDEST_HEADER - 2:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _shown(score: Score) -> Text:
    if score.points is None:
        return Text("to mark", style="cyan")
    style = "green" if score.points >= score.most else "yellow" if score.points > 0 else "red"
    return Text(f"{score.points:g}", style=style)


def _lost_points(table: LessonTable) -> Table:
    shown = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    shown.add_column("student", no_wrap=True)
    shown.add_column("exercise", style="bold", max_width=28)
    shown.add_column("points", justify="right", no_wrap=True)
    shown.add_column("reason")
    for row in table.rows:
        student = row.student
        for exercises, points, reason in _losses(row):
            shown.add_row(student, exercises, points, Text(reason))  # no markup: it is a student's
            student = ""
    return shown


def _losses(row: Row) -> list[tuple[str, str, str]]:
    """(exercises, points, reason) for all that a student lost; one line for a shared reason.

    Then what was repaired in the notebook, which is no loss and stands in the same list.
    """
    if row.not_graded:
        return [("not graded", "", row.not_graded)]
    lost: dict[str, list[Score]] = {}
    for score in row.scores:
        if score.points is not None and score.points < score.most:
            lost.setdefault("\n".join(score.reasons), []).append(score)
    lines = [
        (
            ", ".join(score.exercise for score in scores),
            f"−{sum(score.most - (score.points or 0) for score in scores):g}",
            reason,
        )
        for reason, scores in lost.items()
    ]
    if row.penalty:
        lines.append(("handed in late", f"−{row.penalty:g}", ""))
    if row.repairs:
        lines.append(("repaired", "", "\n".join(row.repairs)))
    return lines


def write_csv(tables: list[LessonTable], path: Path) -> None:
    """Write a line for each student and exercise; no points means not marked or not graded."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_lines(tables))


def write_markdown(tables: list[LessonTable], path: Path) -> None:
    """Write the same lines as a Markdown table."""
    rows = [COLUMNS, ["---"] * len(COLUMNS), *_lines(tables)]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    path.write_text("".join(f"| {' | '.join(row)} |\n" for row in cells), encoding="utf-8")


def _lines(tables: list[LessonTable]) -> Iterator[tuple[str, ...]]:
    for table in tables:
        for row in table.rows:
            if row.not_graded:
                why = f"not graded: {row.not_graded}"
                yield table.lesson, row.student, "", "", f"{table.most:g}", why
            for score in row.scores:
                points = "" if score.points is None else f"{score.points:g}"
                why = "to mark by hand" if score.points is None else "; ".join(score.reasons)
                yield table.lesson, row.student, score.exercise, points, f"{score.most:g}", why
            if row.penalty:
                yield table.lesson, row.student, "", f"-{row.penalty:g}", "", "handed in late"
            for repair in row.repairs:
                yield table.lesson, row.student, "", "", "", f"repaired: {repair}"
