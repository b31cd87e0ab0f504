"""Do stock nbgrader's own roads to a release refuse a leak too?"""

import subprocess
import sys

import pytest
from nbgrader.apps import GenerateAssignmentApp, NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from course.release.folder import inside, read_course_folder

GATE = 'c.GenerateAssignment.preprocessors.append("course.release.gate.LeakGate")\n'
LEAK = "return total / len(values)"


@pytest.fixture
def gated(course):
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(GATE)
    return course


def plant(course):
    path = course / "source/ps1/ps1.ipynb"
    path.write_text(path.read_text().replace("# Mean and median", f"# Mean\\n\\n`{LEAK}`"))


def formgraders_button(course):
    """What the button in formgrader calls."""
    config = read_course_folder(course).config
    with inside(course):
        coursedir = CourseDirectory(config=config)
        return NbGraderAPI(coursedir, config=config).generate_assignment("ps1")


@pytest.fixture
def command(capfd):
    """`nbgrader generate_assignment ps1 --force` in this process; the status and what it said."""
    app = GenerateAssignmentApp()

    def run(course):
        with inside(course):
            app.initialize(["ps1", "--force"])
            try:
                app.start()
            except SystemExit as stopped:
                return stopped.code, capfd.readouterr().err
        return 0, capfd.readouterr().err

    yield run
    app.reset()


def test_the_command_refuses_a_leak_and_says_where(gated, command):
    plant(gated)
    status, said = command(gated)
    assert status == 1
    assert "ps1/ps1.ipynb, cell 1, source: shows solution text of source/ps1" in said
    assert not (gated / "release/ps1").exists()


def test_the_command_releases_an_honest_lesson_unchanged(gated, command):
    before = (gated / "release/ps1/ps1.ipynb").read_bytes()
    (gated / "source/ps1/notes.txt").write_text("anything")
    status, said = command(gated)
    assert status == 0
    assert "ps1/notes.txt: not shipped" in said
    assert [path.read_bytes() for path in (gated / "release/ps1").iterdir()] == [before]


@pytest.mark.slow
def test_the_command_refuses_in_a_process_of_its_own_too(gated):
    plant(gated)
    run = [sys.executable, "-m", "nbgrader", "generate_assignment", "ps1", "--force"]
    done = subprocess.run(run, cwd=gated, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ps1/ps1.ipynb, cell 1, source: shows solution text of source/ps1" in done.stderr
    assert not (gated / "release/ps1").exists()


def test_without_the_gate_the_same_leak_passes(course):
    plant(course)
    assert formgraders_button(course)["success"]
    assert LEAK in (course / "release/ps1/ps1.ipynb").read_text()


def test_the_button_refuses_a_leak_and_says_where(gated):
    plant(gated)
    done = formgraders_button(gated)
    assert not done["success"]
    assert "ps1/ps1.ipynb, cell 1, source: shows solution text of source/ps1" in done["log"]
    assert not (gated / "release/ps1").exists()


def test_the_button_releases_an_honest_lesson_unchanged(gated):
    before = (gated / "release/ps1/ps1.ipynb").read_bytes()
    assert formgraders_button(gated)["success"]
    assert (gated / "release/ps1/ps1.ipynb").read_bytes() == before


def test_the_button_ships_no_stray_file_but_what_the_course_names(gated):
    with (gated / "nbgrader_config.py").open("a") as file:
        file.write("c.LeakGate.ship = ['*.csv']\n")
    for name in ("notes.txt", "heights.csv"):
        (gated / "source/ps1" / name).write_text("1.80\n")
    assert formgraders_button(gated)["success"]
    assert sorted(p.name for p in (gated / "release/ps1").iterdir()) == ["heights.csv", "ps1.ipynb"]


def test_the_button_refuses_a_leak_in_a_file_that_the_course_names(gated):
    with (gated / "nbgrader_config.py").open("a") as file:
        file.write("c.LeakGate.ship = ['*.py']\n")
    (gated / "source/ps1/extra.py").write_text(LEAK)
    done = formgraders_button(gated)
    assert not done["success"]
    assert "ps1/extra.py: shows solution text" in done["log"]


def test_the_button_takes_what_the_course_declares_to_be_no_secret(gated):
    with (gated / "nbgrader_config.py").open("a") as file:
        file.write(f"c.LeakGate.no_secret = [{LEAK!r}]\n")
    plant(gated)
    assert formgraders_button(gated)["success"]
