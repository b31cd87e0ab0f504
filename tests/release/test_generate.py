"""Does a release give all lessons or none, and nothing but what learners need?"""

import os
import shutil
import sqlite3
import sys

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from course.release import generate
from course.release.folder import ReleaseError, inside
from course.release.generate import release, stale
from tests.foreign_course import code, foreign_notebook, notebook, write_source

LEAK = "return total / len(values)"


def test_solutions_hidden_tests_and_mark_schemes_are_gone(course):
    text = (course / "release/ps1/ps1.ipynb").read_text()
    for secret in (LEAK, "mean([17])", "bounds its pull", "most numbers are", "BEGIN", "END"):
        assert secret not in text
    assert "raise NotImplementedError()" in text
    assert "Hidden test, 4 points: negative numbers" in text


def test_the_gradebook_knows_the_cells_and_their_tests(course):
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        sources = [source for (source,) in gradebook.execute("SELECT source FROM source_cell")]
    gradebook.close()
    assert any("mean([17])" in source for source in sources)


def test_the_report_says_what_became_of_each_lesson(course):
    write_source(course, "ps2", foreign_notebook())
    (course / "source/ps2/notes.txt").write_text("marks of last year")
    first, second = release(course)
    assert (first.lesson, first.points, first.changed, first.left_out) == ("ps1", 13, False, ())
    assert (second.lesson, second.changed, second.left_out) == ("ps2", True, ("notes.txt",))
    assert second.folder == course / "release/ps2"


def test_one_lesson_may_be_released_alone(course):
    write_source(course, "ps2", foreign_notebook())
    before = snapshot(course / "release/ps1")
    assert [done.lesson for done in release(course, ["ps2"])] == ["ps2"]
    assert snapshot(course / "release/ps1") == before
    assert (course / "release/ps2/ps2.ipynb").exists()


def test_the_working_directory_and_the_environment_stay_as_they_are(course, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    before = (os.getcwd(), dict(os.environ), list(sys.path))  # noqa: PTH109
    release(course)
    stale(course)
    assert (os.getcwd(), dict(os.environ), list(sys.path)) == before  # noqa: PTH109


def test_the_programs_that_nbgrader_starts_are_found_beside_python(course, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with inside(course):
        assert shutil.which("alembic")


@pytest.mark.slow
def test_a_first_release_makes_the_gradebook_where_alembic_is_on_no_path(course, monkeypatch):
    monkeypatch.undo()  # nbgrader does start alembic here
    monkeypatch.setenv("PATH", "/usr/bin")
    (course / "gradebook.db").unlink()
    release(course)
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        assert gradebook.execute("SELECT name FROM assignment").fetchall() == [("ps1",)]
    gradebook.close()


# Stray files.


def test_stray_files_are_not_shipped(course):
    for name in ("notes.txt", "solution.py", "data/raw/old.csv", ".ipynb_checkpoints/ps1.ipynb"):
        path = course / "source/ps1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("anything")
    [done] = release(course)
    assert list(snapshot(course / "release/ps1")) == ["ps1.ipynb"]
    assert done.left_out == ("data/raw/old.csv", "notes.txt", "solution.py")
    assert not (course / "release/ps1/data").exists()


def test_a_file_that_the_course_names_is_shipped(course):
    ship(course, "data/*.csv")
    (course / "source/ps1/data").mkdir()
    (course / "source/ps1/data/heights.csv").write_text("1.80\n1.65\n")
    (course / "source/ps1/data/notes.txt").write_text("anything")
    release(course)
    assert list(snapshot(course / "release/ps1")) == ["data/heights.csv", "ps1.ipynb"]


# All or nothing.


def leak_in_markdown(course):
    change(course, lambda nb: nb.cells.append(new_markdown_cell(f"Hint: {LEAK}", id="new")))


def leak_in_metadata(course):
    change(course, lambda nb: nb.cells[0].metadata.update(note=LEAK))


def leak_in_a_shipped_file(course):
    ship(course, "*.py")
    (course / "source/ps1/extra.py").write_text(f"# {LEAK}")


def leak_of_another_lesson(course):
    write_source(course, "ps0", notebook(code(LEAK)))


def leak_by_overlapping_markers(course):
    def edit(nb):
        cell = nb.cells[5]
        cell.source = cell.source.replace(
            "assert mean([17])", "### END SOLUTION\nassert mean([17])"
        )

    change(course, edit)


def duplicate_grade_id(course):
    change(course, lambda nb: nb.cells[7].metadata.nbgrader.update(grade_id="mean"))


def step_that_fails(course):
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("c.GenerateAssignment.preprocessors.append('failing_step.Failing')\n")
    (course / "failing_step.py").write_text(
        "from nbgrader.preprocessors import NbGraderPreprocessor\n"
        "class Failing(NbGraderPreprocessor):\n"
        "    def preprocess(self, nb, resources):\n"
        "        raise RuntimeError('the step failed')\n"
    )


def cell_with_submissions(course):
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        [(assignment,)] = gradebook.execute("SELECT id FROM assignment")
        [(lesson,)] = gradebook.execute("SELECT id FROM notebook")
        gradebook.execute("INSERT INTO student (id) VALUES ('ada')")
        gradebook.execute(
            "INSERT INTO submitted_assignment (id, student_id, assignment_id) "
            "VALUES ('s', 'ada', ?)",
            [assignment],
        )
        gradebook.execute(
            "INSERT INTO submitted_notebook (id, assignment_id, notebook_id) VALUES ('n', 's', ?)",
            [lesson],
        )
    gradebook.close()
    change(course, lambda nb: nb.cells.pop(11))


FAILURES = {
    "a leak in markdown": (leak_in_markdown, "shows solution text of source/ps1/ps1.ipynb, cell 4"),
    "a leak in metadata": (leak_in_metadata, "cell 1, metadata: shows solution text"),
    "a leak in a shipped file": (leak_in_a_shipped_file, "release/ps1/extra.py: shows solution"),
    "a leak in another lesson": (leak_of_another_lesson, "release/ps0/ps0.ipynb, cell 1, source"),
    "markers that overlap": (leak_by_overlapping_markers, "END SOLUTION"),
    "a duplicate grade_id": (duplicate_grade_id, 'they share the grade_id "mean"'),
    "a step that fails": (step_that_fails, "(RuntimeError: the step failed)"),
    "a cell removed that students answered": (cell_with_submissions, "Cannot add or remove cells"),
}


@pytest.mark.parametrize(("spoil", "said"), FAILURES.values(), ids=FAILURES)
def test_nothing_changes_after(course, spoil, said):
    write_source(course, "ps2", foreign_notebook())  # would be new, and is fine by itself
    spoil(course)
    before = snapshot(course)
    with pytest.raises(ReleaseError) as refused:
        release(course)
    assert said in "\n".join(refused.value.problems)
    assert snapshot(course) == before


def test_nothing_changes_when_the_gradebook_is_lost_at_the_last_moment(course, monkeypatch):
    change(course, lambda nb: nb.cells[0].update(source="# New title"))
    write_source(course, "ps2", foreign_notebook())
    before = snapshot(course)
    generate_once = generate._generate

    def fail_for_real(folder, names, destination, db_url):
        if str(course) in str(db_url):
            raise ReleaseError(["gradebook.db: the disk is full; make room."])
        generate_once(folder, names, destination, db_url)

    monkeypatch.setattr(generate, "_generate", fail_for_real)
    with pytest.raises(ReleaseError):
        release(course)
    assert snapshot(course) == before


def test_a_first_release_that_fails_leaves_no_folder_behind(course):
    for path in (course / "release").rglob("*.ipynb"):
        path.unlink()
    (course / "release/ps1").rmdir()
    (course / "release").rmdir()
    (course / "gradebook.db").unlink()
    leak_in_markdown(course)
    before = snapshot(course)
    with pytest.raises(ReleaseError):
        release(course)
    assert snapshot(course) == before
    assert not (course / "release").exists()


# Is release/ what source/ gives?


def test_a_release_twice_gives_the_same_bytes(course):
    before = snapshot(course / "release")
    release(course)
    assert snapshot(course / "release") == before
    assert stale(course) == []


def test_a_changed_lesson_is_stale_until_it_is_released(course):
    change(course, lambda nb: nb.cells[0].update(source="# New title"))
    assert stale(course) == [
        "release/ps1 is not what source/ps1 gives: run `course release` and commit the result."
    ]
    release(course)
    assert stale(course) == []


def test_a_changed_solution_is_not_stale_since_no_learner_sees_it(course):
    def edit(nb):
        nb.cells[3].source = nb.cells[3].source.replace("total = 0", "total = 0.0")

    change(course, edit)
    assert stale(course) == []


def test_a_lesson_without_release_and_a_release_without_lesson_are_stale(course):
    (course / "source/ps1").rename(course / "source/ps9")
    (course / "source/ps9/ps1.ipynb").rename(course / "source/ps9/ps9.ipynb")
    assert stale(course) == [
        "release/ps9 is not what source/ps9 gives: run `course release` and commit the result.",
        "release/ps1 has no source/ps1: delete it or put its source back.",
    ]


def test_looking_changes_nothing(course):
    change(course, lambda nb: nb.cells[0].update(source="# New title"))
    (course / "release/ps1/.ipynb_checkpoints").mkdir()
    before = snapshot(course)
    stale(course)
    assert snapshot(course) == before


def change(course, edit):
    path = course / "source/ps1/ps1.ipynb"
    nb = nbformat.read(path, as_version=4)
    edit(nb)
    nbformat.write(nb, path)


def ship(course, pattern):
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"c.LeakGate.ship = [{pattern!r}]\n")


def snapshot(folder):
    """Every file below a folder with its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
