"""The gradebook says what it would say under stock nbgrader, in one transaction a submission."""

import shutil

import nbformat
import pytest
import sqlalchemy
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.plugins import BasePlugin

from course.grading.folder import open_course
from course.grading.marks import marks_of
from course.grading.record import Recorder
from tests.foreign_course import MEAN
from tests.graded_class import find
from tests.small_class import course as course
from tests.small_class import in_the_gradebook
from tests.small_class import small_class as small_class

STOCK = ["nbgrader.preprocessors.SaveAutoGrades", "nbgrader.preprocessors.AssignLatePenalties"]
OURS = ["course.grading.record.Record"]


class Tenth(BasePlugin):
    """A tenth of the points for being late at all."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 10


class Endless(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late


class Bonus(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return -1


class Merciful(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return None


def nothing(course, gradebook):
    pass


def forget_all(course, gradebook):
    for student in list(gradebook.students):
        gradebook.remove_student(student.id)


def other_scores(course, gradebook):
    """As an earlier grading of other answers may have left them."""
    for lesson in gradebook.assignments:
        for submission in lesson.submissions:
            for notebook in submission.notebooks:
                if (submission.student.id, notebook.name) == ("ben", "two"):
                    continue  # not handed in; see below
                notebook.late_submission_penalty = 0.25
                for mark in notebook.grades:
                    if mark.name != "essay":  # a task, which nbgrader leaves as it is; see below
                        mark.auto_score, mark.needs_manual_grade = 0.75, not mark.auto_score
                for said in notebook.comments:
                    said.auto_comment = "No response."


def everything_by_hand(course, gradebook):
    for lesson in gradebook.assignments:
        for submission in lesson.submissions:
            for notebook in submission.notebooks:
                for mark in notebook.grades:
                    mark.manual_score, mark.extra_credit = 1.5, 0.25
                for said in notebook.comments:
                    said.manual_comment = "By hand."


def no_due_date(course, gradebook):
    gradebook.find_assignment("pair").duedate = None
    gradebook.find_submission("pair", "ben").extension = None  # over which nbgrader stumbles


def not_answered(course, gradebook):
    path = course / "autograded" / "cleo" / "ps1" / "ps1.ipynb"
    nb = nbformat.read(path, as_version=4)
    released = nbformat.read(course / "release" / "ps1" / "ps1.ipynb", as_version=4)
    for name in ("mean", "compare"):
        assert MEAN not in find(released, name).source
        find(nb, name).source = find(released, name).source
    nbformat.write(nb, path)


BEFORE = [nothing, forget_all, other_scores, everything_by_hand, no_due_date, not_answered]
PENALTIES = [None, Tenth, Endless, Bonus, Merciful]
CASES = [(before, None) for before in BEFORE] + [(nothing, plugin) for plugin in PENALTIES[1:]]


def prepared(course, before, plugin):
    """nbgrader's API on a copy of the class: what it hands in are graded notebooks, to be scored
    by their outputs and never run."""
    with open_course(course).gradebook as gradebook:
        before(course, gradebook)
        gradebook.db.commit()
    config = open_course(course).config
    config.CourseDirectory.submitted_directory = "autograded"
    config.CourseDirectory.autograded_directory = "scored"
    del config.Autograde["exporter_class"]
    config.Autograde.sanitize_preprocessors = []
    if plugin is not None:
        config.AssignLatePenalties.plugin_class = plugin
    return config


def score_all(config, preprocessors):
    """Run nbgrader's own converter over the class; return what the gradebook says."""
    config.Autograde.autograde_preprocessors = preprocessors
    for lesson in ("ps1", "pair"):
        api = NbGraderAPI(config=config)
        for student in sorted(api.get_submitted_students(lesson)):
            done = api.autograde(lesson, student)
            assert done["success"], done["log"]


def record_all(config, course):
    """The same with our own recorder, as `course grade` uses it; return the points it tells."""
    told = {}
    with Gradebook(NbGraderAPI(config=config).coursedir.db_url) as gradebook:
        recorder = Recorder(gradebook, config)
        for folder in sorted((course / "autograded").glob("*/*")):
            student, lesson = folder.parts[-2:]
            parts = [notebook.name for notebook in gradebook.find_assignment(lesson).notebooks]
            marks = {
                name: marks_of(nbformat.read(folder / f"{name}.ipynb", as_version=4))
                if (folder / f"{name}.ipynb").exists()
                else None
                for name in parts
            }
            handed_in = NbGraderAPI(config=config).coursedir.get_existing_timestamp(str(folder))
            told[lesson, student] = recorder.record(lesson, student, marks, handed_in)
    return told


@pytest.mark.parametrize(
    ("before", "plugin"), CASES, ids=lambda part: getattr(part, "__name__", "zero")
)
def test_the_gradebook_says_what_stock_nbgrader_writes(course, tmp_path, before, plugin):
    stock = tmp_path / "stock"
    shutil.copytree(course, stock)
    score_all(prepared(stock, before, plugin), STOCK)
    expected = in_the_gradebook(stock)
    config = prepared(course, before, plugin)
    kept = course / "gradebook.db"
    shutil.copy(kept, tmp_path / "before.db")
    score_all(config, OURS)
    assert in_the_gradebook(course) == expected
    shutil.copy(tmp_path / "before.db", kept)
    record_all(config, course)
    assert in_the_gradebook(course) == expected
    told = record_all(config, course)  # a second time
    assert in_the_gradebook(course) == expected
    for key, (points, most) in told.items():
        late = [cost or 0 for part, cost in expected.items() if part[:2] == key and len(part) == 3]
        assert (points + sum(late), most) == pytest.approx(expected[key][2:])


@pytest.fixture
def recording(course):
    """A recorder on the class, and the statements that reach the database."""
    said = []
    with open_course(course).gradebook as gradebook:
        recorder = Recorder(gradebook, open_course(course).config)
        sqlalchemy.event.listen(
            gradebook.engine, "before_cursor_execute", lambda *about: said.append(about[2])
        )
        sqlalchemy.event.listen(gradebook.engine, "commit", lambda _: said.append("COMMIT"))
        yield recorder, said


def marks_in(course, student, lesson="ps1"):
    folder = course / "autograded" / student / lesson
    return {
        path.stem: marks_of(nbformat.read(path, as_version=4)) for path in folder.glob("*.ipynb")
    }


def test_a_submission_is_one_transaction_of_a_few_statements(course, recording):
    recorder, said = recording
    marks = marks_in(course, "ana")
    recorder.record("ps1", "ana", marks)  # reads the lesson, too
    said.clear()
    recorder.record("ps1", "ben", marks)
    assert said.count("COMMIT") == 1
    assert len(said) < 12
    said.clear()
    recorder.record("ps1", "dora", marks)  # never seen before
    assert said.count("COMMIT") == 1
    assert len(said) < 20


def test_what_goes_wrong_in_the_middle_leaves_the_old_state(course, recording, monkeypatch):
    recorder, _ = recording
    marks = marks_in(course, "ana")
    for mark in marks["ps1"].scores:
        marks["ps1"].scores[mark] = 0.5
    before = in_the_gradebook(course)

    def fails(*_):
        raise RuntimeError("the plugin of the teacher")

    monkeypatch.setattr(recorder, "_lateness", fails)
    for student in ("ben", "dora"):
        with pytest.raises(RuntimeError):
            recorder.record("ps1", student, marks)
    assert in_the_gradebook(course) == before
    monkeypatch.undo()
    recorder.record("ps1", "ben", marks)
    assert in_the_gradebook(course) != before


def test_a_cell_that_a_later_release_adds_gets_its_places(course):
    with open_course(course).gradebook as gradebook:
        for add in gradebook.add_grade_cell, gradebook.add_solution_cell, gradebook.add_task_cell:
            more = {} if add == gradebook.add_solution_cell else {"max_score": 2}
            kind = {} if add == gradebook.add_solution_cell else {"cell_type": "code"}
            add(f"new_{add.__name__}", "ps1", "ps1", **more, **kind)
    marks = marks_in(course, "ana")
    marks["ps1"].scores["new_add_grade_cell"] = 1.25
    marks["ps1"].comments["new_add_solution_cell"] = "No response."
    with open_course(course).gradebook as gradebook:
        recorder = Recorder(gradebook, open_course(course).config)
        recorder.record("ps1", "ana", marks)
        recorder.record("ps1", "ana", marks)
    told = in_the_gradebook(course)
    at = "ps1", "ana", "ps1"
    assert told[(*at, "mark", "new_add_grade_cell")] == (1.25, None, None, False)
    assert told[(*at, "mark", "new_add_task_cell")] == (None, None, None, True)
    assert told[(*at, "comment", "new_add_solution_cell")] == ("No response.", None)
    assert told[(*at, "comment", "new_add_task_cell")] == (None, None)


def test_nothing_stale_stays_of_a_notebook_that_is_no_longer_handed_in(course, recording):
    recorder, _ = recording
    marks = {"one": None, "two": marks_in(course, "ana", "pair")["two"]}
    late = in_the_gradebook(course)["pair", "ana", "one"]
    assert late == 2  # all of its points, which are stock nbgrader's to keep
    assert recorder.record("pair", "ana", marks) == (0, 9)
    told = in_the_gradebook(course)
    assert told["pair", "ana", "one"] is None
    assert told["pair", "ana", "one", "mark", "hidden_double"] == (0, None, None, False)
    assert told["pair", "ana", "one", "comment", "double"] == (None, None)


def test_a_task_that_was_not_handed_in_waits_for_its_marks_once_it_is(course, recording):
    recorder, _ = recording
    marks = marks_in(course, "ana", "pair")
    recorder.record("pair", "ana", marks | {"two": None})
    at = "pair", "ana", "two", "mark", "essay"
    assert in_the_gradebook(course)[at] == (0, None, None, False)
    recorder.record("pair", "ana", marks)
    assert in_the_gradebook(course)[at] == (None, None, None, True)


def test_an_extension_of_no_due_date_is_never_late(course, recording):
    recorder, _ = recording
    with open_course(course).gradebook as gradebook:
        gradebook.find_assignment("pair").duedate = None
        gradebook.db.commit()
    assert recorder.record("pair", "ben", marks_in(course, "ben", "pair")) == (2, 9)
    with open_course(course).gradebook as gradebook:
        submission = gradebook.find_submission("pair", "ben")
        assert [notebook.late_submission_penalty for notebook in submission.notebooks] == [None] * 2


def test_a_student_whom_only_the_submission_knows_is_recorded(course, recording):
    recorder, _ = recording
    told = recorder.record("ps1", "ana", marks_in(course, "ana"))
    with open_course(course).gradebook as gradebook:
        gradebook.db.execute(sqlalchemy.text("DELETE FROM student WHERE id = 'ana'"))
        gradebook.db.commit()
    assert recorder.record("ps1", "ana", marks_in(course, "ana")) == told
    with open_course(course).gradebook as gradebook:
        assert gradebook.find_student("ana").id == "ana"


def test_forgetting_leaves_marks_by_hand_and_says_why(course, recording):
    recorder, _ = recording
    before = in_the_gradebook(course)
    recorder.forget("ps1", "ana", "Not graded: too good.")
    told = in_the_gradebook(course)
    at = "ps1", "ana", "ps1"
    assert told[(*at, "mark", "compare")] == (None, 2, 0.5, True)
    assert told[(*at, "mark", "hidden_mean")] == (None, None, None, True)
    assert told[(*at, "comment", "compare")] == ("Not graded: too good.", "Well seen.")
    others = {key: row for key, row in before.items() if key[:2] != ("ps1", "ana")}
    assert {key: row for key, row in told.items() if key[:2] != ("ps1", "ana")} == others
