"""What a student's process makes the tester compute ends in a verdict, and not in a lost tester."""

import pytest

from course.grading.examiner.examiner import Examiner
from course.grading.sandbox.limits import Limits
from tests.attacks.on_the_protocol import COSTLY, FIND
from tests.grading.examiner.conftest import notebook, said

CHECKED = [("answer", "def double(x):\n    return 2 * x"), ("test", "double(21)")]


@pytest.fixture
def short_of_time():
    """An examiner whose processes have one second of processor time."""
    examiner = Examiner(limits=Limits(processor=1), total_seconds=20)
    yield examiner
    examiner.close()


@pytest.mark.slow
def test_a_tester_that_has_much_to_read_keeps_the_marks(short_of_time):
    # Each answer takes the tester a tenth of a second, and the student's process nothing.
    costly = [("own", FIND + COSTLY), *[("own", "1")] * 15]
    outputs = short_of_time.examine(notebook(*costly, *CHECKED)).outputs
    assert said(outputs[-1]) == ["42"]
