"""What one submission leaves, the next does not find; nor does a process of it stay."""

import os
from pathlib import Path

import pytest

from tests.attacks.attack import Attack
from tests.attacks.class_under_attack import hand_in_attack
from tests.attacks.corpus import ATTACKS
from tests.attacks.lab import ATTACKER, FULL, HONEST, grade, hand_in
from tests.attacks.on_the_machine import FIND_LEFT

LEAVING = ("leaves-things", "stays-as-a-thread", "stays-as-a-daemon", "fills-the-disk")


def processes_of_ours() -> set[int]:
    """The numbers of all processes that this one has started, and those that they have."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if after_name[0] != "Z":
            parents[int(path.parent.name)] = int(after_name[1])
    ours, more = {os.getpid()}, True
    while more:
        found = {number for number, parent in parents.items() if parent in ours}
        more = not found <= ours
        ours |= found
    return ours


# One test for all: the examiner is started once.
def test_what_an_attacker_leaves_the_next_student_does_not_find(course):
    hand_in(course, HONEST, {})
    assert grade(course, HONEST).points == FULL
    alone = processes_of_ours()
    for name in LEAVING:
        hand_in_attack(course, ATTACKER, ATTACKS[name])
        grade(course, ATTACKER)
        hand_in_attack(course, HONEST, Attack(cells={"hidden_mean": FIND_LEFT}))
        found = grade(course, HONEST)
        assert "found: False []" in found.shown, name
        assert found.points == FULL
        assert processes_of_ours() == alone, name


@pytest.mark.parametrize("name", LEAVING)
def test_what_is_left_is_left_indeed(name):
    assert any(word in str(ATTACKS[name].cells) for word in ("write", "Thread", "fork"))
