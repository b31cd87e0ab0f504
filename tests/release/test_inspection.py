"""Does each mistake in a source notebook get one sentence that says where and what to do?"""

import json
import sqlite3

import pytest

from course.release.folder import ReleaseError, read_course_folder
from course.release.generate import release
from course.release.inspection import cells_of_one_name, inspect_source, named_like_its_folder
from tests.foreign_course import foreign_notebook, task, write_source, written


def edited(edit):
    """Return the lesson's notebook after an edit, as JSON text."""

    def text():
        nb = foreign_notebook()
        edit(nb, {c.metadata.get("nbgrader", {}).get("grade_id"): c for c in nb.cells})
        return json.dumps(nb)

    return text


def replace_in(grade_id, old, new):
    def edit(nb, cells):
        assert old in cells[grade_id].source
        cells[grade_id].source = cells[grade_id].source.replace(old, new)

    return edited(edit)


def set_in(name, **meta):
    return edited(lambda nb, cells: cells[name].metadata.nbgrader.update(meta))


def drop_from(grade_id, key):
    return edited(lambda nb, cells: cells[grade_id].metadata.nbgrader.pop(key))


def drop(grade_id):
    return edited(lambda nb, cells: nb.cells.remove(cells[grade_id]))


def put_in(place, text):
    def edit(nb, cells):
        nb.cells[place].source = text

    return edited(edit)


def store_output(nb, cells):
    nb.cells[1].outputs = [{"output_type": "stream", "name": "stdout", "text": "90\n"}]


def drop_ids(nb, cells):
    nb["nbformat_minor"] = 4
    for cell in nb.cells:
        del cell["id"]


def break_flags(nb, cells):
    del cells["mean"].metadata.nbgrader["locked"]


def add_scheme(nb, cells):
    cells["compare"].source = "### BEGIN SOLUTION\na\n### END SOLUTION\n" + cells["compare"].source


PS1 = "source/ps1/ps1.ipynb"
REGION = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
PROBLEMS = {
    "two cells of one grade_id": (
        set_in("compare", grade_id="mean"),
        f'{PS1}, cells 4 and 12: they share the grade_id "mean"; give each its own.',
    ),
    "two cells of one id": (
        edited(lambda nb, cells: nb.cells[1].update(id="cell-1")),
        f'{PS1}, cells 1 and 2: they share the cell id "cell-1"; give each its own.',
    ),
    "no grade_id": (
        set_in("compare", grade_id=""),
        f"{PS1}, cell 12: it has no grade_id; give it one in the Create Assignment panel.",
    ),
    "a solution without end": (
        replace_in("mean", "### END SOLUTION", ""),
        f'{PS1}, cell 4 (mean): "BEGIN SOLUTION" in line 3 has no "END SOLUTION"; add it.',
    ),
    "a solution without beginning": (
        replace_in("mean", "### BEGIN SOLUTION", ""),
        f'{PS1}, cell 4 (mean): line 8 has "END SOLUTION" without "BEGIN SOLUTION" before it; '
        "add the one or delete the other.",
    ),
    "a solution in a solution": (
        replace_in("mean", "    total = 0\n", "    ### BEGIN SOLUTION\n"),
        f'{PS1}, cell 4 (mean): line 4 has a second "BEGIN SOLUTION" before "END SOLUTION"; '
        "close the first region or delete the second marker.",
    ),
    "hidden tests without end": (
        replace_in("hidden_mean", "### END HIDDEN TESTS", ""),
        f'{PS1}, cell 6 (hidden_mean): "BEGIN HIDDEN TESTS" in line 2 has no "END HIDDEN TESTS"; '
        "add it.",
    ),
    "a mark scheme without end": (
        replace_in("compare", "### END MARK SCHEME", ""),
        f'{PS1}, cell 12 (compare): "BEGIN MARK SCHEME" in line 3 has no "END MARK SCHEME"; '
        "add it.",
    ),
    "a misspelt marker": (
        edited(
            lambda nb, cells: cells["hidden_mean"].update(
                source=cells["hidden_mean"].source + "\n### BEGIN HIDDEN TEST\n"
            )
        ),
        f'{PS1}, cell 6 (hidden_mean): line 7 has "BEGIN HIDDEN TEST", which is no marker to '
        'nbgrader; write "BEGIN HIDDEN TESTS".',
    ),
    "a solution in a cell that is no answer": (
        put_in(1, REGION),
        f"{PS1}, cell 2: a solution is marked in a cell that is no answer; "
        "mark the cell as an answer.",
    ),
    "hidden tests in a cell that is not graded": (
        put_in(1, REGION.replace("SOLUTION", "HIDDEN TESTS")),
        f"{PS1}, cell 2: hidden tests stand in a cell that is not graded; "
        "mark the cell as autograder tests.",
    ),
    "a mark scheme in a cell that is no task": (
        put_in(0, REGION.replace("SOLUTION", "MARK SCHEME")),
        f"{PS1}, cell 1: nbgrader takes a mark scheme only in a task cell; make it one, or set "
        "c.ClearMarkScheme.enforce_metadata = False.",
    ),
    "a mark scheme beside a marked written solution": (
        edited(add_scheme),
        f"{PS1}, cell 12 (compare): nbgrader takes a mark scheme only in a task cell; make it one, "
        "or set c.ClearMarkScheme.enforce_metadata = False.",
    ),
    "an answer without its check": (
        drop("check_mean"),
        f"{PS1}, cell 4 (mean): it has no test cell check_mean; add one with that grade_id.",
    ),
    "an answer without its hidden test": (
        drop("hidden_mean"),
        f"{PS1}, cell 4 (mean): it has no test cell hidden_mean; add one with that grade_id.",
    ),
    "a hidden test without anything hidden": (
        put_in(5, "assert mean([17]) == 17"),
        f"{PS1}, cell 6 (hidden_mean): nothing in it is hidden; "
        'put its tests between "BEGIN HIDDEN TESTS" and "END HIDDEN TESTS".',
    ),
    "an output": (
        edited(store_output),
        f"{PS1}, cell 2: an output is stored; clear all outputs and save.",
    ),
    "no points": (
        drop_from("check_mean", "points"),
        f"{PS1}, cell 5 (check_mean): it has no points; give it a number from 0 on.",
    ),
    "points that are no number": (
        set_in("check_mean", points="two"),
        f"{PS1}, cell 5 (check_mean): its points are 'two'; give it a number from 0 on.",
    ),
    "old nbgrader metadata": (
        set_in("check_mean", schema_version=1),
        f"{PS1}, cell 5 (check_mean): its nbgrader metadata has version 1 instead of 3; "
        "run `nbgrader update`.",
    ),
    "nbgrader metadata that lacks a flag": (
        edited(break_flags),
        f"{PS1}: nbgrader will not read it (ValidationError: 'locked' is a required property); "
        "open it in JupyterLab.",
    ),
    "cells without ids": (
        edited(drop_ids),
        f"{PS1}: cells without ids would get new ones at each release; "
        "open it in JupyterLab and save it.",
    ),
    "a list instead of a notebook": (
        lambda: "[1, 2]",
        f"{PS1}: it is no notebook in the format 4; open it in JupyterLab and save it.",
    ),
    "invalid JSON": (
        lambda: '{"cells": [',
        f"{PS1}: it is no valid JSON (Expecting value: line 1 column 12 (char 11)); "
        "put back its last good version.",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), PROBLEMS.values(), ids=PROBLEMS)
def test_one_sentence_names(course, text, sentence):
    (course / PS1).write_text(text())
    assert problems(course) == [sentence]


def test_tests_without_their_answer_get_a_sentence_each(course):
    (course / PS1).write_text(drop("mean")())
    assert problems(course) == [
        f"{PS1}, cell {number} ({name}): there is no answer cell mean; "
        "add one with that grade_id or delete this test."
        for number, name in ((4, "check_mean"), (5, "hidden_mean"))
    ]


def test_every_problem_is_listed_at_once(course):
    (course / PS1).write_text(drop_from("check_mean", "points")())
    write_source(course, "ps2", foreign_notebook()).write_text(edited(store_output)())
    write_source(course, "ps3", foreign_notebook()).write_text("{")
    assert len(problems(course)) == 3


def test_the_foreign_course_has_no_problem(course):
    assert problems(course) == []


def test_a_missing_folder_is_named_with_the_lessons_there_are(course):
    write_source(course, "ps2", foreign_notebook())
    assert problems(course, ["ps3"]) == [
        "source/ps3: there is no such folder; the lessons are ps1, ps2."
    ]


def test_a_course_without_lessons_says_so(course):
    (course / "source").rename(course / "elsewhere")
    assert problems(course) == ["source: there is no lesson in it; make source/NAME/NAME.ipynb."]


def test_a_folder_without_a_notebook_is_named(course):
    (course / "source/ps2").mkdir()
    assert problems(course) == ["source/ps2: there is no notebook in it; add ps2.ipynb."]


def test_a_notebook_that_is_not_named_like_its_folder_is_named(course):
    (course / PS1).rename(course / "source/ps1/lesson.ipynb")
    assert problems(course) == [
        "source/ps1/lesson.ipynb: the notebook is not named like its folder; "
        "call it ps1.ipynb, or delete it if it is a copy."
    ]


def test_a_plus_in_a_name_is_named(course):
    write_source(course, "a+b", foreign_notebook())
    assert problems(course) == ["source/a+b: nbgrader allows no + in a name; rename the folder."]


def test_a_course_may_leave_the_conventions_out(course):
    (course / PS1).write_text(drop("check_mean")())
    (course / PS1).rename(course / "source/ps1/lesson.ipynb")
    folder = read_course_folder(course)
    assert len(inspect_source(folder)) == 2
    assert len(inspect_source(folder, conventions=[named_like_its_folder])) == 1
    assert len(inspect_source(folder, conventions=[cells_of_one_name])) == 1
    assert inspect_source(folder, conventions=[]) == []


def test_a_notebook_without_such_tests_may_name_its_cells_freely(course):
    nb = foreign_notebook()
    for number, cell in enumerate(nb.cells):
        if cell.metadata.get("nbgrader"):
            cell.metadata.nbgrader.grade_id = f"cell_{number}"
    write_source(course, "ps1", nb)
    assert problems(course) == []


def test_a_mark_scheme_may_stand_in_a_task(course):
    nb = foreign_notebook()
    scheme = "Explain.\n\n### BEGIN MARK SCHEME\n1 point for words\n### END MARK SCHEME"
    nb.cells.append(task("explain", scheme, points=1))
    write_source(course, "ps1", nb)
    assert problems(course) == []


def test_a_mark_scheme_may_stand_beside_a_solution_if_the_course_says_so(course):
    (course / PS1).write_text(edited(add_scheme)())
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("c.ClearMarkScheme.enforce_metadata = False\n")
    assert problems(course) == []
    release(course)
    assert "pulls the mean" not in (course / "release/ps1/ps1.ipynb").read_text()


def test_a_written_answer_needs_points(course):
    nb = foreign_notebook()
    nb.cells.append(written("why", "Because.", points=None))
    write_source(course, "ps1", nb)
    assert problems(course) == [
        f"{PS1}, cell 14 (why): it has no points; give it a number from 0 on."
    ]


def test_a_gradebook_of_another_version_is_named(course):
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        gradebook.execute("UPDATE alembic_version SET version_num = 'b6d005d67074'")
    gradebook.close()
    assert refusal(course) == [
        "gradebook.db: its schema is b6d005d67074, while nbgrader 0.9.6 needs e43177bfe90b; "
        "keep a copy and run `nbgrader db upgrade`, or use the nbgrader that made it."
    ]


def test_a_gradebook_that_is_none_is_named(course):
    (course / "gradebook.db").write_text("my grades\n" * 200)
    assert refusal(course) == [
        "gradebook.db: it cannot be read (file is not a database); "
        "put back a copy of it or move it away."
    ]


def test_a_folder_without_configuration_is_named(tmp_path):
    assert refusal(tmp_path) == [
        f"{tmp_path} has no nbgrader_config.py: run this in the folder of a course that has one."
    ]


def test_a_broken_configuration_is_named(course):
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.X = 1 / 0\n")
    assert refusal(course) == [
        "nbgrader_config.py: ZeroDivisionError: division by zero; correct the file."
    ]


def problems(course, lessons=None):
    return inspect_source(read_course_folder(course), lessons)


def refusal(course):
    with pytest.raises(ReleaseError) as refused:
        release(course)
    return refused.value.problems
