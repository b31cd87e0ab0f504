"""The whole loop on the example class: release, hand in, grade, write feedback, show the scores.

Everything but release/ happens in a scratch course, `build/demo`, made anew at every run.
"""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from examples.hand_in import hand_in, students

ROOT = Path(__file__).parents[1]
SCRATCH = ROOT / "build" / "demo"


def main() -> None:
    """Run the loop, saying each step before it begins."""
    say("1/5  The student notebooks: source/ → release/")
    course("release", folder=ROOT)
    lessons = make_course(SCRATCH)

    say("2/5  The example class hands in: examples/class/ → build/demo/submitted/")
    course("release", folder=SCRATCH, quiet=True)
    count = hand_in(SCRATCH, lessons)
    print(f"{len(students())} students, {len(lessons)} lessons, {count} submissions.")

    say("3/5  Grading, in a sandbox. Some students' code never ends, or ends Python itself.")
    course("grade", *trust_where_there_is_no_wall(), folder=SCRATCH)
    say("4/5  The pages that students get back")
    course("feedback", folder=SCRATCH)
    say("5/5  Scores, and the reason of every lost point")
    course("table", "--csv", "scores.csv", folder=SCRATCH)
    print(WHERE)


WHERE = """
Where everything lies:
  release/                               the lessons as learners get them (make lab opens them)
  build/demo/submitted/STUDENT/LESSON/   what the example class handed in
  build/demo/autograded/                 the same, graded, as a teacher sees it
  build/demo/feedback/                   the pages for students: open one in a browser
  build/demo/scores.csv                  the table above
  build/demo/gradebook.db                nbgrader's gradebook
"""


def make_course(folder: Path) -> list[str]:
    """Make a course in a folder: the configuration and source/, nothing else; returns its lessons.

    folder : emptied first
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    lessons = []
    for notebook in sorted((ROOT / "source").glob("*/*.ipynb")):
        lesson = notebook.parent.name
        (folder / "source" / lesson).mkdir(parents=True)
        shutil.copy(notebook, folder / "source" / lesson)
        lessons.append(lesson)
    return lessons


def trust_where_there_is_no_wall() -> list[str]:
    """The flag that lets this class be graded where students' code cannot be kept apart."""
    command = [str(Path(sys.executable).parent / "course"), "isolation"]
    probed = subprocess.run(command, cwd=SCRATCH, capture_output=True, text=True)
    if probed.returncode == 0:
        return []
    print(probed.stderr.strip())
    print("The example class is ours, so it is trusted here. Do not do so with your own.")
    return ["--trust-students"]


def course(*arguments: str, folder: Path, quiet: bool = False) -> None:
    """Run the `course` command in a folder; its exit status is ours if it fails."""
    command = [str(Path(sys.executable).parent / "course"), *arguments]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL if quiet else None)
    if done.returncode:
        sys.exit(done.returncode)


def say(step: str) -> None:
    """Print the head of a step."""
    print(f"\n{step}", flush=True)


if __name__ == "__main__":
    main()
