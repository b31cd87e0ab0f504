"""Attacks by what is handed in: names of folders and files, links, pipes, archives.

Links and archives that nbgrader itself follows and unpacks, in `collect` and `zip_collect`, are out
of scope: those run before anything of ours. What is held here is that grading follows no link,
takes no name for something else and unpacks nothing.
"""

import os
import zipfile

from tests.attacks.attack import MARK, Attack
from tests.attacks.lab import FULL

NOT_GRADED = dict.fromkeys(FULL)


def link_to_the_gradebook(folder):
    (folder / "notes.txt").symlink_to(folder.parents[2] / "gradebook.db")
    (folder / "teacher").symlink_to(folder.parents[3] / "teacher")


def link_to_the_solution(folder):
    (folder / "lab.ipynb").unlink()
    (folder / "lab.ipynb").symlink_to(folder.parents[2] / "source" / "lab" / "lab.ipynb")


def link_to_a_neighbour(folder):
    (folder / "lab.ipynb").unlink()
    folder.rmdir()
    folder.symlink_to(folder.parents[1] / "bob" / "lab")


def archives(folder):
    with zipfile.ZipFile(folder / "evil.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (f"../../{MARK}", f"/tmp/{MARK}", f"..\\..\\{MARK}", "lab.ipynb"):
            archive.writestr(name, "x")
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(30_000_000))


def odd_names(folder):
    for name in ("-rf", "--help", "p[1].ipynb", "a\u202ebpyni.ipynb", "lab\u0441.ipynb", "$(id)"):
        (folder / name).write_text(MARK)


def old_timestamp(folder):
    (folder / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")


def shadow_modules(folder):
    for name in ("torch", "course", "math", "sitecustomize", "IPython", "tests"):
        (folder / f"{name}.py").write_text("def __getattr__(name): return lambda *a, **k: None\n")
    (folder / "torch").mkdir()
    (folder / "torch" / "testing.py").write_text("def assert_close(*a, **k): pass\n")


# Who the folder says that the student is, where that is the attack.
IDS = {
    "-rf": (47, "taken for an option by some tools"),
    "<script>window.hacked=1<": (47, "list view escapes it; other pages were not tried"),
    "bob+lab+2026-01-01 00:00:00 UTC+z": (50, "a warning, and collected"),
    "x+lab+notatime+z": (51, "collecting ends for everybody"),
    "eve\u202eb": (56, "graded"),
}

FOLDER = {
    "shadows-modules": Attack(
        12,
        "the stub is imported",
        {"double": "import torch.testing\ndef double(x):\n    return x"},
        beside=shadow_modules,
        points={"check_double": 0.0, "hidden_double": 0.0},
    ),
    "links-to-the-gradebook": Attack(
        48, "copied, and returned with the feedback", beside=link_to_the_gradebook
    ),
    "links-to-the-solution": Attack(
        49, "full marks", beside=link_to_the_solution, points=NOT_GRADED
    ),
    "links-to-a-neighbour": Attack(49, "full marks", beside=link_to_a_neighbour, points=NOT_GRADED),
    "an-old-timestamp": Attack(52, "never late", beside=old_timestamp),
    "a-pipe": Attack(53, "not graded", beside=lambda folder: os.mkfifo(folder / "data.csv")),
    # zip_collect unpacks before anything of ours runs; an archive that is handed in stays one.
    "archives-that-climb": Attack(54, "`zip_collect` ends", beside=archives),
    "archives-that-grow": Attack(55, "unpacked, however much it is", beside=archives),
    "odd-names": Attack(56, "skipped", beside=odd_names),
}
