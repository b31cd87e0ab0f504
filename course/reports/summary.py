"""What a run of the grader comes to: a table of the lessons, and what cost most points."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table
from rich.text import Text

from course.grading.grade import Receipt
from course.grading.preview import Move

MOST_REASONS = 10


@dataclass(frozen=True)
class LostPoints:
    """What one reason has cost in one lesson.

    points : of all submissions together
    students : how many of them
    """

    lesson: str
    reason: str
    points: float
    students: int


def lost_points(receipts: Sequence[Receipt]) -> list[LostPoints]:
    """The reasons that cost points, the dearest first."""
    costs: dict[tuple[str, str], list[float]] = defaultdict(list)
    for receipt in receipts:
        for reason, points in receipt.lost.items():
            costs[receipt.lesson, reason].append(points)
    found = [LostPoints(*key, sum(points), len(points)) for key, points in costs.items()]
    return sorted(found, key=lambda lost: (-lost.points, lost.lesson, lost.reason))


def print_summary(receipts: Sequence[Receipt], console: Console) -> None:
    """Print what became of all submissions; those that were not graded by name."""
    graded = [receipt for receipt in receipts if receipt.status == "graded"]
    unchanged = sum(receipt.status == "unchanged" for receipt in receipts)
    if graded:
        console.print(_lessons(graded))
        if dearest := lost_points(graded)[:MOST_REASONS]:
            console.print(_reasons(dearest))
    console.print(f"{len(graded)} graded, {unchanged} unchanged.", highlight=False)
    failed = [receipt for receipt in receipts if receipt.status == "failed"]
    for receipt in sorted(failed, key=lambda r: (r.lesson, r.student)):
        _say(console, f"Not graded: {receipt.student}, {receipt.lesson}: {receipt.sentence}.")


def _lessons(graded: Sequence[Receipt]) -> Table:
    table = Table("lesson", title="Graded", title_justify="left")
    for title in ("submissions", "points, median", "of", "repaired", "limits hit"):
        table.add_column(title, justify="right")
    for lesson in sorted({receipt.lesson for receipt in graded}):
        those = [receipt for receipt in graded if receipt.lesson == lesson]
        points = [receipt.points or 0.0 for receipt in those]
        table.add_row(
            lesson,
            str(len(those)),
            f"{median(points):g}",
            f"{those[0].most or 0:g}",
            str(sum(bool(receipt.repairs) for receipt in those)),
            str(sum(bool(receipt.limits) for receipt in those)),
        )
    return table


def _reasons(dearest: Sequence[LostPoints]) -> Table:
    table = Table("what cost most points", "lesson", title_justify="left")
    for title in ("points", "students"):
        table.add_column(title, justify="right")
    for lost in dearest:
        # No markup: a student may have written the reason.
        table.add_row(Text(lost.reason), lost.lesson, f"{lost.points:g}", str(lost.students))
    return table


def move_in_words(move: Move) -> str:
    """What would become of one submission.

    >>> move_in_words(Move("ana", "ps1", 7.0, 9.0))
    '7 would become 9 points'
    """
    if move.problem:
        return f"could not be graded: {move.problem}"
    if move.is_none:
        return "unchanged"
    if move.before is None:
        return f"not graded yet: would have {move.after:g} points"
    return f"{move.before:g} would become {move.after:g} points"


def print_moves(moves: Sequence[Move], console: Console) -> None:
    """Print who would move, and by how much; nothing has been written."""
    moving = [move for move in moves if not move.is_none]
    if moving:
        table = Table("student", "lesson", title="What would change", title_justify="left")
        for title in ("now", "then", "difference"):
            table.add_column(title, justify="right")
        table.add_column("in")
        for move in sorted(moving, key=lambda m: (m.lesson, m.student)):
            table.add_row(move.student, move.lesson, *_numbers(move), Text(_where(move)))
        console.print(table)
    up = sum(move.before is not None and (move.after or 0) > move.before for move in moving)
    down = sum(move.before is not None and (move.after or 0) < move.before for move in moving)
    console.print(
        f"{up} would gain points, {down} would lose some, {len(moves) - len(moving)} stay as they "
        "are. Nothing was written: `course grade` does it.",
        highlight=False,
        soft_wrap=True,
    )


def _numbers(move: Move) -> tuple[str, str, str]:
    before = "" if move.before is None else f"{move.before:g}"
    after = "" if move.after is None else f"{move.after:g}"
    both = move.before is not None and move.after is not None
    return before, after, f"{(move.after or 0) - (move.before or 0):+g}" if both else ""


def _where(move: Move) -> str:
    return move.problem or ", ".join(change.cell for change in move.changes)


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
