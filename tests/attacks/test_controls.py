"""The checks of this folder would notice: secrets lie where they are said to, attacks are real."""

import json

import nbformat

from course.grading.grade import grade
from tests.attacks.class_under_attack import hand_in_attack, shown
from tests.attacks.corpus import ATTACKS
from tests.attacks.lab import ATTACKER, HIDDEN_LINES, NEIGHBOUR, SECRETS

PLACES = {
    "the secret of the course": "course/nbgrader_config.py",
    "the gradebook": "course/gradebook.db",
    "another student": f"course/submitted/{NEIGHBOUR}/lab/lab.ipynb",
    "the source folder": "course/source/notes.txt",
    "a file of the teacher's": "teacher/marks.txt",
}


def test_every_secret_lies_where_an_attacker_looks(course):
    for name, place in PLACES.items():
        assert SECRETS[name].encode() in (course.parent / place).read_bytes(), name
        assert any(place.removeprefix("course/") in str(a.cells) for a in ATTACKS.values()), name


def test_the_hidden_lines_are_those_of_the_lesson(course):
    source = nbformat.read(course / "source" / "lab" / "lab.ipynb", as_version=4)
    texts = [cell.source for cell in source.cells]
    assert len(HIDDEN_LINES) > 10
    assert all(any(line in text for text in texts) for line in HIDDEN_LINES)
    handed_in = (course / "submitted" / NEIGHBOUR / "lab" / "lab.ipynb").read_text()
    assert not any(json.dumps(line)[1:-1] in handed_in for line in HIDDEN_LINES)


def test_without_isolation_the_same_attack_finds_what_it_looks_for(course):
    """An attack that finds nothing under any circumstances would show nothing."""
    hand_in_attack(course, ATTACKER, ATTACKS["reads-files"])
    receipts = grade(course, students=[ATTACKER], trust_students=True)
    assert [receipt.status for receipt in receipts] == ["graded"]
    told = shown(course, ATTACKER)
    for name in ("a file of the teacher's", "the source folder", "the secret of the course"):
        assert SECRETS[name] in told, name
    assert any(line in told for line in HIDDEN_LINES)
