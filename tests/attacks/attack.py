"""What an attack is: a submission of the lab, and the points that it must leave."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.attacks.lab import FULL

EXERCISES = ("double", "mean", "corr2d_multi_in")

# Answers that earn nothing.
WRONG = {
    "double": "def double(x):\n    return x",
    "mean": "def mean(values):\n    return 0",
    "corr2d_multi_in": "def corr2d_multi_in(X, K):\n    return X",
}

# Stands for the folder in which the lab lies: an attacker may know every path.
TOP = "/TOP/OF/THE/LAB"

# In the name of all that an attack leaves behind, where it can.
MARK = "attack-was-here"


@dataclass(frozen=True)
class Attack:
    """One submission.

    table : its number in the table of attacks, 0 for one that is not in it
    stock : what becomes of it under nbgrader's own Execute, as far as it was tried
    answers : texts of answers that differ from right ones, by name
    cells : texts of own cells, by the name of the cell that each follows; "" for the top
    change : damages the notebook, as parsed
    text : makes of the notebook the text of the file
    beside : adds to the folder that is handed in
    points : where they differ from full marks; None for not graded
    shows : what the attacker's own cells must show, as a sign that it was tried at all
    """

    table: int = 0
    stock: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    change: Callable[[Any], None] | None = None
    text: Callable[[Any], str | bytes] | None = None
    beside: Callable[[Path], None] | None = None
    points: dict[str, float | None] = field(default_factory=dict)
    shows: str = ""

    @property
    def expected(self) -> dict[str, float | None]:
        """The points of every test."""
        return FULL | self.points


def lost(*exercises: str) -> dict[str, float | None]:
    """No points for these exercises."""
    return {f"{kind}_{name}": 0.0 for name in exercises for kind in ("check", "hidden")}


def wrong(*exercises: str) -> dict[str, str]:
    """Answers that earn nothing."""
    return {name: WRONG[name] for name in exercises}


def on_top(text: str, *exercises: str, table: int = 0, stock: str = "", shows: str = "") -> Attack:
    """A cell at the top of the notebook that shall turn wrong answers into right ones."""
    cells = {"": text}
    return Attack(table, stock, wrong(*exercises), cells, points=lost(*exercises), shows=shows)


def instead(name: str, text: str, *, table: int = 0, stock: str = "", points: Any = None) -> Attack:
    """An answer that shall earn what it does not deserve; by default it earns nothing."""
    return Attack(table, stock, {name: text}, points=lost(name) if points is None else points)


def reads(text: str, *, table: int = 0, stock: str = "", shows: str = "") -> Attack:
    """An own cell at the end that looks for what it must not see, beside right answers."""
    return Attack(table, stock, cells={"hidden_corr2d_multi_in": text}, shows=shows)
