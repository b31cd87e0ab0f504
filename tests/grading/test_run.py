"""The order of a run, what it holds at a time, and that everybody gets one receipt."""

import shutil
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from course.grading.desk import Desk
from course.grading.examiner.examiner import TesterLost as Lost
from course.grading.executors.pool import Pool
from course.grading.folder import CourseError
from course.grading.grade import grade
from course.grading.intake import Refused
from course.grading.ledger import Entry
from course.grading.run import AHEAD, examined, slowest_first
from course.grading.submissions import Submission
from tests.small_class import course as course
from tests.small_class import in_the_gradebook
from tests.small_class import small_class as small_class

AT_ONCE = 3
REFUSED = {5, 17}


class Machines:
    """An executor that finishes what it has as soon as it has one job for each machine."""

    at_once = AT_ONCE

    def __init__(self):
        self.jobs = []

    def submit(self, lesson, job):
        self.jobs.append(Future())
        if len(self.jobs) % AT_ONCE == 0:
            for future in self.jobs[-AT_ONCE:]:
                future.set_result(f"of {lesson}")
        return self.jobs[-1]


class Copies:
    """A desk that only counts what is prepared and not yet thrown away."""

    def __init__(self):
        self.held = self.most = 0
        self.results = SimpleNamespace(get=lambda key: None, put=lambda key, result: None)

    def prepare(self, submission):
        if int(submission.student) in REFUSED:
            raise Refused("no notebook")
        self.held += 1
        self.most = max(self.most, self.held)
        lesson = SimpleNamespace(key="ps1/ps1")
        notebook = SimpleNamespace(name="ps1", lesson=lesson, key=submission.student, job=None)
        return SimpleNamespace(examined={"ps1": notebook}, throw_away=self._throw_away)

    def _throw_away(self):
        self.held -= 1


def test_no_more_is_held_than_keeps_everybody_busy_and_everybody_is_told_of_once():
    desk, machines = Copies(), Machines()
    todo = [Submission("ps1", str(number)) for number in range(38)]
    told = []
    for found in examined(desk, todo, machines):
        told.append(found.submission)
        if int(found.submission.student) in REFUSED:
            with pytest.raises(Refused), found:
                pass
        else:
            with found:
                assert found.results == {"ps1": "of ps1/ps1"}
    assert sorted(told) == sorted(todo)
    assert len(machines.jobs) == len(todo) - len(REFUSED)
    assert desk.held == 0
    assert desk.most <= AHEAD * AT_ONCE


LESSONS = {"short": 2, "long": 60, "middle": 10}  # cells


def test_the_slowest_lesson_comes_first():
    known = {}
    desk = SimpleNamespace(
        ledger=SimpleNamespace(get=known.get),
        lessons=lambda lesson: {
            lesson: SimpleNamespace(skeleton=SimpleNamespace(places=[None] * LESSONS[lesson]))
        },
    )
    todo = sorted(Submission(lesson, student) for lesson in LESSONS for student in ("ana", "ben"))
    first = [submission.lesson for submission in slowest_first(desk, todo)]
    assert first == ["long", "long", "middle", "middle", "short", "short"]
    known[Submission("short", "ben")] = Entry("", 1, 1, seconds=20.0)  # the last time
    by_time = slowest_first(desk, todo)
    assert [submission.lesson for submission in by_time[:2]] == ["short", "short"]
    assert [submission.student for submission in by_time] == ["ana", "ben"] * 3


def test_whatever_goes_wrong_with_one_submission_the_others_are_graded(course, monkeypatch):
    prepare = Desk.prepare

    def stumbles(desk, submission):
        if submission.student == "ben":
            raise KeyError("a notebook that nobody has thought of")
        return prepare(desk, submission)

    monkeypatch.setattr(Desk, "prepare", stumbles)
    receipts = list(grade(course))
    assert len({(r.student, r.lesson) for r in receipts}) == len(receipts) == 5
    assert {r.student for r in receipts if r.status == "failed"} == {"ben"}
    assert {r.status for r in receipts if r.student != "ben"} == {"graded"}


def test_a_submission_whose_notebooks_are_all_lost_fails_once_and_keeps_no_score(
    course, monkeypatch
):
    def lost(*_):
        future = Future()
        future.set_exception(Lost("the process that examines ended"))
        return future

    shutil.rmtree(course / ".course")
    monkeypatch.setattr(Pool, "submit", lost)
    (receipt,) = grade(course, students=["ana"], lessons=["pair"])
    assert (receipt.status, receipt.sentence) == ("failed", "the process that examines ended")
    told = in_the_gradebook(course)
    assert told["pair", "ana", "one", "mark", "hidden_double"][0] is None
    assert told["pair", "ana", "one", "comment", "double"][0] == f"Not graded: {receipt.sentence}"


@pytest.mark.parametrize("kind", ["examine.Examine", "record.Record"])
def test_an_nbgrader_config_of_an_older_course_is_refused_in_one_sentence(course, kind):
    path = course / "nbgrader_config.py"
    path.write_text(path.read_text().replace(f'"course.grading.{kind}",', ""))
    before = in_the_gradebook(course)
    with pytest.raises(CourseError) as refused:
        list(grade(course))
    assert str(refused.value) == (
        f"nbgrader_config.py does not list course.grading.{kind} in "
        "c.Autograde.autograde_preprocessors: take its lists from this course's file."
    )
    assert in_the_gradebook(course) == before
