"""The whole loop on the example class: release, hand in, grade, write feedback, show the scores.

Everything but release/ happens in a scratch course, `build/demo`, made anew at every run.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from hand_in import hand_in, students

ROOT = Path(__file__).parents[1]
SCRATCH = ROOT / "build" / "demo"


def main() -> None:
    """Run the loop, saying each step before it begins."""
    say("1/5  The student notebooks: source/ → release/")
    course("release", folder=ROOT)
    make_course(SCRATCH)
    lessons = sorted(path.name for path in (SCRATCH / "source").iterdir() if path.is_dir())

    say("2/5  The example class hands in: examples/class/ → build/demo/submitted/")
    course("release", folder=SCRATCH, quiet=True)
    count = hand_in(SCRATCH, lessons)
    print(f"{len(students())} students, {len(lessons)} lessons, {count} submissions.")

    say("3/5  Grading, in nbgrader's way. Some students' code never ends, or ends Python itself.")
    course("grade", folder=SCRATCH)
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


def make_course(folder: Path) -> None:
    """An empty course in a folder: the configuration and source/, nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write("\n# The demo does not wait long for Ivan's endless loops.\n")
        config.write("c.Execute.timeout = 15\n")
    for notebook in sorted((ROOT / "source").glob("*/*.ipynb")):
        target = folder / "source" / notebook.parent.name
        target.mkdir(parents=True)
        shutil.copy(notebook, target)


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
