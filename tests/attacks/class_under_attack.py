"""A class in which everybody but three attacks, graded in one batch."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import nbformat

from course.grading.folder import open_course
from course.grading.grade import grade
from course.reports import write_feedback
from tests.attacks.attack import MARK, TOP, Attack
from tests.attacks.corpus import ATTACKS, FIRST, LAST, SLOW
from tests.attacks.lab import SECRETS, hand_in, is_test, make_lab
from tests.attacks.on_the_folder import IDS

ENVIRONMENT = {"LAB_TOKEN": SECRETS["the grader's environment"]}

# What grading writes, and nobody else.
WRITTEN = ("autograded", "feedback", "gradebook.db", ".course")


@dataclass(frozen=True)
class AttackedClass:
    """What became of the class.

    root : the course
    told : of each student, the status and the sentence of the receipt
    points : of each student, those of every test
    before, after : what lay where nothing may change, before and after grading
    alive : processes and threads of attackers that were there after grading
    """

    root: str
    told: dict[str, tuple[str, str]]
    points: dict[str, dict[str, float | None]]
    before: dict[str, str]
    after: dict[str, str]
    alive: list[str]

    def shown(self, student: str) -> str:
        """What the student's own cells show, in the graded notebook."""
        return shown(Path(self.root), student)

    def page(self, student: str) -> str:
        """What the student gets back."""
        path = Path(self.root, "feedback", student, "lab", "lab.html")
        return path.read_text() if path.exists() else ""


def shown(root: Path, student: str) -> str:
    """What a student's own cells show, in the graded notebook; empty if there is none."""
    path = root / "autograded" / student / "lab" / "lab.ipynb"
    if not path.exists():
        return ""
    cells = nbformat.read(path, as_version=4).cells
    own = [cell for cell in cells if cell.cell_type == "code" and not is_test(cell)]
    return str([cell.outputs for cell in own])


def attack_class(top: Path, slow: bool) -> AttackedClass:
    """Make a lab, hand in the attacks that are slow, or all others, and grade them at once."""
    root = make_lab(top)
    for student in (FIRST, LAST, *IDS):
        hand_in(root, student, {})
    for student, attack in ATTACKS.items():
        if (student in SLOW) == slow:
            hand_in_attack(root, student, attack)
    before = unchanging(top)
    with patch.dict(os.environ, ENVIRONMENT):
        told = {r.student: (r.status, r.sentence) for r in grade(root)}
    alive, after = marked_threads(), unchanging(top)
    list(write_feedback(root))
    return AttackedClass(str(root), told, all_points(root), before, after, alive)


def hand_in_attack(root: Path, student: str, attack: Attack) -> None:
    """Write the submission, with the lab's true folder in it."""
    top = str(root.parent)

    def true(texts: dict[str, str]) -> dict[str, str]:
        return {name: text.replace(TOP, top) for name, text in texts.items()}

    folder = hand_in(root, student, true(attack.answers), true(attack.cells))
    path = folder / "lab.ipynb"
    nb = nbformat.read(path, as_version=4)
    if attack.change:
        attack.change(nb)
        path.write_text(json.dumps(nb))  # as it is: nbformat would repair it
    if attack.text:
        text = attack.text(nb)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if attack.beside:
        attack.beside(folder)


def all_points(root: Path) -> dict[str, dict[str, float | None]]:
    """The automatic score of every test of every student."""
    with open_course(root).gradebook as gradebook:
        return {
            submission.student.id: {
                mark.name: mark.auto_score for nb in submission.notebooks for mark in nb.grades
            }
            for submission in gradebook.assignment_submissions("lab")
        }


def unchanging(top: Path) -> dict[str, str]:
    """The files that grading must leave as they are, and whatever bears the mark elsewhere."""
    found = {}
    for path in top.rglob("*"):
        place = path.relative_to(top / "course").parts if "course" in path.parts else ()
        if not path.is_dir() and not (place and place[0] in WRITTEN):
            found[str(path)] = state_of(path)
    for folder in ("/tmp", "/dev/shm", "/var/tmp", Path.home(), Path.cwd(), "/"):
        found |= {str(path): "marked" for path in Path(folder).glob(f"*{MARK}*")}
    return found


def state_of(path: Path) -> str:
    about = path.lstat()
    return f"{about.st_mode} {about.st_size} {about.st_mtime_ns}"


def marked_threads() -> list[str]:
    """Every process and thread of this machine that bears the mark."""
    return threads(lambda words: MARK[:15] in words)


def threads(are_meant: Callable[[str], bool]) -> list[str]:
    """Processes and threads whose names and arguments are meant."""
    found = []
    for path in Path("/proc").glob("[0-9]*/task/[0-9]*/comm"):
        try:
            words = path.read_text() + path.with_name("cmdline").read_text()
        except OSError:  # it has ended meanwhile
            continue
        if are_meant(words):
            found.append(f"{path} {words}")
    return found
