"""Hand the examinations out as files, for machines that have no line to this one."""

import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from course.grading.desk import Desk
from course.grading.examiner.job import Job
from course.grading.executors.shards import write_shards
from course.grading.folder import open_course
from course.grading.intake import Refused, id_problem
from course.grading.run import stopping_cleanly
from course.grading.submissions import Submission, find_submissions, lessons_in_gradebook


def hand_out(
    root: Path,
    folder: Path,
    size: int,
    lessons: Collection[str] | None = None,
    students: Collection[str] | None = None,
) -> int:
    """Write shards with all that is to be examined; return how many there are.

    They hold students' work, the tests, the solutions and a key for each submission's inputs.

    root : the course folder
    folder : for the shards; made if it is not there
    size : examinations in a shard
    lessons, students : only these; by default all
    raises CourseError or ShardError, with a sentence
    """
    submissions = find_submissions(root, lessons, students)
    api = open_course(root)
    known = lessons_in_gradebook(api)
    todo = [s for s in submissions if s.lesson in known and not id_problem(s.student)]
    with (
        stopping_cleanly(),
        tempfile.TemporaryDirectory(prefix="course-") as copies,
        Desk(api, Path(copies)) as desk,
    ):
        references = desk.references({submission.lesson for submission in todo})
        return write_shards(folder, _jobs(desk, todo), desk.settings, references, size)


def _jobs(desk: Desk, todo: list[Submission]) -> Iterator[tuple[str, str, Job]]:
    """What has no result yet, each once."""
    seen: set[str] = set()
    for submission in todo:
        if desk.unchanged(submission):
            continue
        try:
            prepared = desk.prepare(submission)
        except Refused:  # `grade` says so
            continue
        prepared.throw_away()
        for notebook in prepared.examined.values():
            if notebook.key not in seen and desk.results.get(notebook.key) is None:
                seen.add(notebook.key)
                yield notebook.key, notebook.lesson.key, notebook.job
