"""The leak gate inside nbgrader: what `generate_assignment` and formgrader's button run.

nbgrader logs what a convert hook raises and goes on, so a hook cannot refuse. What a preprocessor
raises stops the release, removes the half-made folder and ends the command with status 1.
"""

from collections.abc import Collection, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode

from course.release.folder import read_markers
from course.release.leaks import Leak, find_leaks, find_leaks_in_notebook
from course.release.withheld import read_secrets


class LeaksFoundError(Exception):
    """What the gate refuses a release for."""

    def __init__(self, leaks: Sequence[Leak]) -> None:
        super().__init__("\n".join(map(str, leaks)))
        self.leaks = list(leaks)


class LeakGate(NbGraderPreprocessor):
    """Ship the notebooks and the files that a course names, and refuse what shows a secret.

    The last of GenerateAssignment's preprocessors, in nbgrader_config.py:

        c.GenerateAssignment.preprocessors.append("course.release.gate.LeakGate")
    """

    ship = List(
        Unicode(),
        help="Files beside a source notebook that learners get too, such as data/*.csv.",
    ).tag(config=True)

    no_secret = List(
        Unicode(),
        help="Texts that stand in a solution or a hidden test, but may be shown.",
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        converter = self.parent.parent  # of the exporter, which is our parent
        coursedir = converter.coursedir
        lesson = resources["nbgrader"]["assignment"]
        source = Path(coursedir.format_path(coursedir.source_directory, ".", lesson)).resolve()
        folder = Path(coursedir.format_path(coursedir.release_directory, ".", lesson)).resolve()
        for stray in remove_strays(folder, source, self.ship):
            self.log.warning(
                "%s/%s: not shipped; name it in c.LeakGate.ship if learners need it.", lesson, stray
            )
        markers = read_markers(self.config)
        secrets = read_secrets(source.parent, markers, self.no_secret)
        name = f"{resources['nbgrader']['notebook']}.ipynb"
        leaks = find_leaks_in_notebook(secrets, name, nb, markers)
        if folder.is_dir():  # there is none yet if nothing was copied
            leaks += find_leaks(source.parent, folder, markers, self.no_secret)
        if leaks:
            leaks = [in_folder(leak, lesson) for leak in leaks]
            for leak in leaks:
                self.log.error("%s", leak)
            raise LeaksFoundError(leaks)
        return nb, resources


def remove_strays(folder: Path, source: Path, ship: Collection[str]) -> list[str]:
    """Remove from a released folder what is neither a source notebook nor named in `ship`.

    ship : patterns of paths below the folder
    returns the removed paths
    """
    notebooks = {path.name for path in source.glob("*.ipynb")}
    strays = []
    for path in sorted(folder.rglob("*"), reverse=True):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif name not in notebooks and not any(fnmatch(name, pattern) for pattern in ship):
            path.unlink()
            strays.append(name)
    return sorted(strays)


def in_folder(leak: Leak, folder: str) -> Leak:
    """Return a leak whose file is named from one folder further up."""
    return Leak(f"{folder}/{leak.file}", leak.cell, leak.grade_id, leak.where, leak.what)
