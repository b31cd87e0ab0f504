"""What every attack gets: the points of its answers, and nothing of what it looks for."""

from html import unescape
from html.parser import HTMLParser

import pytest

from tests.attacks.corpus import ATTACKS, FIRST, LAST, QUICK_OF_OURS, SLOW, SLOW_OF_THE_TABLE
from tests.attacks.lab import FULL, HIDDEN_LINES, NEIGHBOUR, SECRETS
from tests.attacks.on_the_folder import IDS

slow = pytest.mark.slow
each_attack = pytest.mark.parametrize(
    "student", [pytest.param(name, marks=slow if name in SLOW else ()) for name in ATTACKS]
)
each_class = pytest.mark.parametrize(
    "slow", [pytest.param(False, id="quick"), pytest.param(True, id="slow", marks=slow)]
)


def test_every_attack_of_the_table_is_here():
    tried = {attack.table for attack in ATTACKS.values()} | {number for number, _ in IDS.values()}
    assert tried == set(range(61))


def test_every_attack_that_is_picked_is_there():
    picked = QUICK_OF_OURS | SLOW_OF_THE_TABLE
    assert picked - set(ATTACKS) == set()


def test_there_are_more_attacks_than_the_table_has():
    assert sum(attack.table == 0 for attack in ATTACKS.values()) >= 25


@each_attack
def test_an_attack_leaves_the_points_that_its_answers_earn(attacked, student):
    graded = attacked(student in SLOW)
    status, sentence = graded.told[student]
    assert graded.points[student] == ATTACKS[student].expected, sentence
    assert status == ("failed" if None in ATTACKS[student].expected.values() else "graded")


@each_attack
def test_an_attacker_gets_back_nothing_of_tests_secrets_and_others(attacked, student):
    graded = attacked(student in SLOW)
    shown, page = graded.shown(student), unescape(graded.page(student))
    assert ATTACKS[student].shows in shown
    for name, secret in SECRETS.items():
        assert secret not in shown + page, name
    for line in HIDDEN_LINES:
        assert line not in shown + page


@each_attack
def test_no_page_of_an_attacker_acts(attacked, student):
    page = Acting()
    page.feed(attacked(student in SLOW).page(student))
    assert page.found == []


class Acting(HTMLParser):
    """Finds what on a page would run or call for something, and is of the attacker's making."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag, attrs):
        self._in_script = tag == "script"
        for name, value in attrs:
            if "hacked" in f"{value}" and not is_harmless(tag, name, value):
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data):
        if self._in_script and "hacked" in data:
            self.found.append(data)

    def handle_endtag(self, tag):
        self._in_script = False


def is_harmless(tag: str, name: str, value: str) -> bool:
    """Words, the data of an <img>, in which nothing runs, and links that somebody must follow."""
    is_picture = (tag, name) == ("img", "src") and value.startswith("data:image/")
    is_link = (tag, name) == ("a", "href") and value.startswith("https://")
    return name in ("alt", "title") or is_picture or is_link


@each_class
@pytest.mark.parametrize("student", [FIRST, LAST, NEIGHBOUR])
def test_honest_work_among_attacks_keeps_its_marks(attacked, slow, student):
    assert attacked(slow).points[student] == FULL


@each_class
def test_every_submission_has_a_receipt(attacked, slow):
    honest = {FIRST, LAST, NEIGHBOUR}
    odd = {"".join(c if c.isprintable() else "?" for c in student) for student in IDS}
    attackers = {name for name in ATTACKS if (name in SLOW) == slow}
    assert set(attacked(slow).told) == honest | attackers | odd


@pytest.mark.parametrize("student", [s for s in IDS if not s.startswith("x+")])
def test_a_name_that_is_no_student_id_is_refused(attacked, student):
    shown = "".join(c if c.isprintable() else "?" for c in student)
    status, sentence = attacked().told[shown]
    assert status == "failed"
    assert sentence.startswith("the folder is no student id")


def test_a_name_with_signs_of_nbgraders_own_is_a_student_like_others(attacked):
    assert attacked().points["x+lab+notatime+z"] == FULL


@each_class
def test_nothing_of_an_attacker_is_alive_afterwards(attacked, slow):
    assert attacked(slow).alive == []


@each_class
def test_nothing_is_written_where_nothing_may_be(attacked, slow):
    graded = attacked(slow)
    assert graded.after == graded.before
