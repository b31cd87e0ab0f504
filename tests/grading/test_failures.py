import pytest

from course.grading.failures import sentence


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("", "nbgrader gave no reason"),
        ("course.grading.sandbox.refusal.CannotIsolate: bwrap is missing: install it.", "bwrap"),
        ("[ERROR] x\nTraceback\nKeyError: 'grade'\n\nNbGraderException: see above", "KeyError"),
        ("ValueError: " + "long " * 100, "…"),
    ],
)
def test_a_log_becomes_one_sentence(log, said):
    assert said in sentence(log)
    assert len(sentence(log)) <= 120
