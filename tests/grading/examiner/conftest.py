"""A warm examiner, and short notebooks for it."""

import pytest

from course.grading.examiner.examiner import Examiner
from course.grading.examiner.job import Job, JobCell
from course.grading.examiner.names import what_tests_need


def notebook(*cells, students=(), **about):
    """A job of cells, each a kind and a source."""
    parts = what_tests_need(cells, frozenset(students))
    return Job(
        tuple(
            JobCell(kind, "" if kind == "test" else source, part.source, part.asks)
            for (kind, source), part in zip(cells, parts, strict=True)
        ),
        **{"draw_key": "of the tests", "cell_seconds": 2.0, **about},
    )


def said(outputs):
    """The outputs of a cell in short: what is printed, the value, the error."""
    short = []
    for output in outputs:
        if output["output_type"] == "stream":
            short.append(output["text"])
        elif output["output_type"] == "error":
            short.append(f"{output['ename']}: {output['evalue']}")
        else:
            short.append(output["data"]["text/plain"])
    return short


@pytest.fixture(scope="session")
def examiner():
    warm = Examiner(["course.checking.tensors.TensorCarrier"], total_seconds=20)
    yield warm
    warm.close()


@pytest.fixture
def examine(examiner):
    """Examine cells; return what each of them shows, in short."""

    def run(*cells, **about):
        return [said(outputs) for outputs in examiner.examine(notebook(*cells, **about)).outputs]

    return run
