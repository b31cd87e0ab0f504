import pytest

from course.grading.examiner.examiner import TesterLost as Lost
from course.grading.failures import sentence


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("grade"), "KeyError: 'grade'"),
        (RuntimeError(), "RuntimeError"),
        (Lost("the process that examines ended."), "the process that examines ended"),
        (ValueError("a\nb"), "ValueError: a b"),
    ],
)
def test_an_error_becomes_one_line_without_a_full_stop(error, said):
    assert sentence(error) == said


def test_a_long_error_is_cut():
    assert len(sentence(ValueError("long " * 100))) == 120
