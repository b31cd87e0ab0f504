"""The course as it is committed: release/ follows source/, and no student's work is in it."""

import subprocess
from pathlib import Path

from course.release.generate import stale

ROOT = Path(__file__).parents[1]


def test_release_is_what_source_gives() -> None:
    assert stale(ROOT) == []


def test_no_students_work_is_in_the_repository() -> None:
    command = ["git", "ls-files", "autograded", "submitted", "feedback", "gradebook.db"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert listed.split() == ["autograded/.gitignore"]


def test_the_four_lessons_are_worth_what_the_readme_says() -> None:
    from tests.exercises.lesson_cells import points_of, read_cells

    readme = (ROOT / "README.md").read_text()
    for lesson in sorted(path.name for path in (ROOT / "source").iterdir()):
        graded = [c for c in read_cells(lesson).values() if c["metadata"]["nbgrader"]["grade"]]
        line = next(line for line in readme.splitlines() if line.startswith(f"| `{lesson}`"))
        assert line.endswith(f" {sum(map(points_of, graded)):g} |")
