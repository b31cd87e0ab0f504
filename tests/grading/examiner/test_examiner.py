"""The student's process and the tester, as a notebook sees them."""

import pytest

from course.grading.examiner.examiner import Examiner
from course.grading.examiner.job import MOST_REVIVALS
from course.grading.examiner.warm import CannotStart
from tests.grading.examiner.conftest import notebook, said

DOUBLE = ("answer", "def double(x):\n    return 2 * x")


def test_a_test_calls_the_students_function(examine):
    assert examine(DOUBLE, ("test", "assert double(4) == 8\ndouble(21)")) == [[], ["42"]]


def test_what_a_students_cell_shows_is_kept_and_what_a_call_prints_is_not(examine):
    loud = "def loud():\n    print('sh')\n    return 1\nprint('kept')\n3"
    assert examine(("answer", loud), ("test", "loud()")) == [["kept\n", "3"], ["1"]]


def test_given_cells_run_for_the_student_and_show_nothing(examine):
    cells = [("given", "n = 5\nprint(n)\nn"), ("own", "n")]
    assert examine(*cells) == [[], ["5"]]
    assert examine(*cells, show_given=True) == [["5\n", "5"], ["5"]]


def test_what_is_not_shown_is_not_drawn(examine):
    classes = """\
drawn = []
class Text:
    def __repr__(self):
        drawn.append("text")
        return "text"
class All:
    def _ipython_display_(self):
        drawn.append("all")"""
    shows = "display(Text(), All())"
    cells = (
        ("given", classes),
        ("given", f"{shows}\nText()"),
        ("answer", f"def show():\n    {shows}"),
        ("test", "show()"),
        ("own", "drawn"),
        ("own", "Text()"),
        ("own", "drawn"),
    )
    assert [shown for shown in examine(*cells) if shown] == [["[]"], ["text"], ["['text']"]]


def test_the_traceback_of_what_is_not_shown_is_not_made(examine):
    error = """\
made = []
class Wrong(Exception):
    def _render_traceback_(self):
        made.append(self)
        return ["wrong"]"""
    cells = (
        ("given", error),
        ("given", "raise Wrong"),
        ("own", "bool(made)"),
        ("own", "raise Wrong"),
        ("own", "bool(made)"),
    )
    assert examine(*cells) == [[], [], ["False"], ["Wrong: "], ["True"]]


def test_a_traceback_counts_all_cells_also_those_that_are_not_shown(examiner):
    job = notebook(("given", "1"), ("given", "1 / 0"), ("own", "1 / 0"))
    *_, (error,) = examiner.examine(job).outputs
    assert "Cell In[3], line 1" in "".join(error["traceback"])


def test_a_students_own_exception_comes_with_their_traceback(examiner):
    job = notebook(("answer", "def f(x):\n    y = x + 1\n    return y / 0"), ("test", "f(1)"))
    (error,) = examiner.examine(job).outputs[1]
    assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")
    assert "return y / 0" in "\n".join(error["traceback"])


def test_a_note_of_a_check_stands_below_the_students_traceback(examiner):
    job = notebook(
        ("given", "from course import check"),
        ("answer", "def corr2d(X, K):\n    return K[7]"),
        ("test", "check(corr2d)"),
    )
    (error,) = examiner.examine(job).outputs[2]
    shown = "\n".join(error["traceback"])
    assert "return K[7]" in shown
    assert shown.index("return K[7]") < shown.index(
        "corr2d(X: (3, 3), K: (2, 2)) raises IndexError"
    )


def test_warnings_cost_a_test_no_marks(examiner):
    job = notebook(DOUBLE, ("test", "import warnings\nwarnings.warn('slow')\ndouble(1)"))
    printed, value = examiner.examine(job).outputs[1]
    assert (printed["name"], value["data"]) == ("stdout", {"text/plain": "2"})
    assert "UserWarning: slow" in printed["text"]


def test_a_change_of_an_argument_is_seen_by_the_test(examine):
    spoils = ("answer", "def spoils(v, d):\n    v.append(1)\n    d['a'] = v[0]")
    test = "v, d = [5], {}\nspoils(v, d)\nv, d"
    assert examine(spoils, ("test", test))[1] == ["([5, 1], {'a': 5})"]


def test_a_class_of_the_students_can_be_used(examine):
    stack = """\
class Stack:
    def __init__(self):
        self.items = []
    def push(self, item):
        self.items.append(item)
    def pop(self):
        return self.items.pop()"""
    test = "s = Stack()\ns.push(3)\ns.push(4)\ns.pop(), s.items"
    assert examine(("answer", stack), ("test", test))[1] == ["(4, [3])"]


def test_a_value_of_the_students_is_compared_as_plain_data(examine):
    lies = "class Yes:\n    def __eq__(self, other):\n        return True\nanswer = Yes()"
    assert examine(("answer", lies), ("test", "answer == 42"))[1] == ["False"]


def test_a_students_module_is_the_testers_own_or_nothing(examine):
    cells = [("answer", "import math, this as zen"), ("test", "math.pi > 3"), ("test", "zen.s")]
    assert examine(*cells)[1] == ["True"]
    assert examine(*cells)[2] == ["NameError: name 'zen' is not defined"]


def test_no_inner_module_of_this_package_is_taken_for_a_students(examine):
    cells = [
        ("given", "import course.checking.tensors"),
        ("answer", "import course.checking.tensors as answer, course as outer"),
        ("test", "answer.INTS"),
        ("test", "outer.__name__"),
    ]
    assert examine(*cells)[2] == ["NameError: name 'answer' is not defined"]
    assert examine(*cells)[3] == ["'course'"]


def test_the_lessons_own_name_is_never_the_students(examine):
    cells = [
        ("given", "def expected(x):\n    return x + 1"),
        ("answer", "def expected(x):\n    return 0\ndef f(x):\n    return 0"),
        ("test", "assert f(1) == expected(1), 'not the same'"),
    ]
    assert examine(*cells)[2] == ["AssertionError: not the same"]


def test_a_name_that_the_released_answer_defines_is_the_students(examine):
    cells = [
        ("given", "def f(x):\n    return 'the lesson'"),
        ("answer", "def f(x):\n    return 'the student'"),
        ("test", "f(1)"),
    ]
    assert examine(*cells, students={"f"})[2] == ["'the student'"]


def test_a_given_function_calls_the_students(examine):
    cells = [
        ("answer", "def one(x):\n    return x + 1"),
        ("given", "def twice(x):\n    return one(one(x))"),
        ("test", "twice(1)"),
    ]
    assert examine(*cells)[2] == ["3"]


def test_each_test_sees_the_names_as_they_are_at_its_place(examine):
    cells = [("own", "n = 1"), ("test", "n"), ("own", "n = 2"), ("test", "n")]
    assert [shown for shown in examine(*cells) if shown] == [["1"], ["2"]]


def test_files_beside_the_notebook_are_there_for_each_side(examine):
    cells = [("own", "print(open('data/a.csv').read())"), ("test", "open('key.txt').read()")]
    shown = examine(*cells, files={"data/a.csv": b"1,2"}, test_files={"key.txt": b"k"})
    assert shown == [["1,2\n"], ["'k'"]]
    assert (
        "FileNotFoundError"
        in examine(("own", "open('key.txt')"), test_files={"key.txt": b"k"})[0][0]
    )


def test_nothing_is_left_for_the_next_submission(examine):
    assert examine(("own", "x = 1\nprint(open('left', 'w').write('x'))")) == [["1\n"]]
    (shown,) = examine(("own", "import os\nprint(os.listdir(), 'x' in globals())"))
    assert shown == ["[] False\n"]


def test_random_numbers_are_the_same_at_every_regrade_and_others_for_others(examine):
    cells = [("own", "import random, torch\nrandom.random(), torch.rand(1).item()")]
    again = [examine(*cells, seed=seed) for seed in (1, 1, 2)]
    assert again[0] == again[1] != again[2]


def test_gradients_flow_through_a_call(examine):
    cells = [
        ("given", "import torch"),
        ("answer", "def cube(x, y):\n    return x ** 3 * y"),
        (
            "test",
            "x = torch.tensor([2.0, -1.0], requires_grad=True)\n"
            "y = torch.tensor([1.0, 4.0])\ncube(x, y).sum().backward()\nx.grad.tolist(), y.grad",
        ),
    ]
    assert examine(*cells)[2] == ["([12.0, 12.0], None)"]


def test_one_function_under_two_names_is_known_as_one(examine):
    cells = [
        ("given", "from course import check"),
        ("answer", "def corr2d(X, K):\n    return X"),
        ("answer", "corr2d_multi_in = corr2d"),
        ("test", "check(corr2d)"),
        ("test", "check(corr2d_multi_in)"),
    ]
    assert "one and the same function" in examine(*cells)[3][0]


def test_a_limit_that_was_hit_is_told(examiner):
    endless = ("own", "while True:\n    pass")
    assert examiner.examine(notebook(endless, cell_seconds=0.5)).ended == [
        "0.5 seconds of processor time"
    ]
    assert examiner.examine(notebook(DOUBLE, ("test", "double(1)"))).ended == []


def test_an_endless_cell_is_stopped_and_the_others_run(examine):
    cells = [("own", "while True:\n    pass"), DOUBLE, ("test", "double(3)")]
    assert examine(*cells, cell_seconds=0.5) == [
        ["OutOfTime: stopped after 0.5 seconds"],
        [],
        ["6"],
    ]


def test_the_limit_is_of_processor_time(examine):
    waits = ("own", "import time\ntime.sleep(1)\n3")
    assert examine(waits, cell_seconds=0.3) == [["3"]]


def test_what_only_waits_is_stopped_too(examine):
    waits = ("answer", "def waits():\n    import time\n    time.sleep(60)")
    assert examine(waits, ("test", "waits()"), cell_seconds=0.2)[1] == [
        "OutOfTime: stopped after 0.2 seconds"
    ]


def test_what_comes_after_an_endless_loop_gets_a_tenth_of_the_time(examine):
    loops = ("answer", "def loops():\n    while True:\n        pass")
    calls = ("given", "loops()")
    shown = examine(loops, calls, ("test", "loops()"), cell_seconds=1.0)
    assert shown[2:] == [["OutOfTime: stopped after 0.1 seconds"]]


def test_a_function_that_took_too_long_gets_again_a_tenth_and_no_other_one_does(examine):
    works = """\
from time import process_time
def one(seconds):
    end = process_time() + seconds
    while process_time() < end:
        pass
    return seconds
def other(seconds):
    return one(seconds)"""
    calls = ("one(60)", "one(0.05)", "one(0)", "other(0.05)")
    shown = examine(("answer", works), *[("test", call) for call in calls], cell_seconds=1.0)
    late = "OutOfTime: stopped after 1 seconds"  # what the first call had
    assert shown[1:] == [[late], [late], ["0"], ["0.05"]]


def test_an_endless_function_is_told_as_in_the_learners_own_kernel(examine):
    cells = [
        ("given", "from course import check\nfrom course.checking.hidden import HiddenTest"),
        ("answer", "def corr2d(X, K):\n    while True:\n        pass"),
        ("test", "check(corr2d)"),
        (
            "test",
            "hidden = HiddenTest(corr2d)\n"
            "with hidden.aspect('values', points=1):\n    hidden.agrees((3, 4), (2, 2))\n"
            "with hidden.aspect('more', points=1):\n    hidden.agrees((4, 3), (2, 2))\n"
            "hidden.points()",
        ),
    ]
    *_, (check,), (printed, points) = examine(*cells, cell_seconds=1.0)
    assert "It did not finish within 1 seconds. Is there a loop that never ends?" in check
    assert "It did not finish within 1 seconds. Is there a loop that never ends?" in printed
    assert "Not tried, since an earlier call never ended." in printed
    assert points == "0"


def test_nothing_is_left_of_the_rehearsal(examine):
    shown = examine(("own", "n = 1"), ("own", "'double' in globals(), In[1]"))
    assert shown == [[], ["(False, 'n = 1')"]]


def test_the_processor_time_of_all_that_was_forked_is_told(examiner):
    before = examiner._students.used()
    works = "import time\nwhile time.process_time() < 0.3:\n    pass"
    examiner.examine(notebook(("own", works)))
    assert 0.2 < examiner._students.used() - before < 2


@pytest.mark.parametrize(
    "end",
    ["os._exit(0)", "os.abort()", "ctypes.string_at(0)"],
)
def test_what_ends_python_costs_its_own_test_and_no_other(examine, end):
    cells = [
        ("own", "import ctypes, os"),
        ("answer", f"def dies():\n    {end}"),
        DOUBLE,
        ("test", "double(1)"),
        ("test", "dies()"),
        ("test", "double(2)"),
    ]
    *_, before, died, after = examine(*cells)
    assert (before, after) == (["2"], ["4"])
    assert died[0].startswith("PythonEnded: Python ended or hung here")


def test_a_cell_that_ends_python_is_left_out_when_it_is_started_again(examine):
    cells = [("own", "n = 1"), ("own", "import os\nn = 2\nos._exit(0)"), ("test", "n")]
    shown = examine(*cells)
    assert shown[1][0].startswith("PythonEnded")
    assert shown[2] == ["1"]


def test_a_python_that_ends_again_and_again_is_given_up(examiner):
    dies = ("own", "import os\nos._exit(3)")
    result = examiner.examine(notebook(*[dies] * (MOST_REVIVALS + 2), ("test", "n")))
    assert said(result.outputs[-1]) == [
        "PythonEnded: Python ended too often, and is not started again."
    ]
    assert result.ended[0] == "exit code 3"


def test_the_whole_time_is_bounded_and_earlier_marks_stay(examiner):
    slow = Examiner(total_seconds=3)
    try:
        waits = (
            "own",
            "import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass",
        )
        result = slow.examine(notebook(DOUBLE, ("test", "double(1)"), waits, ("test", "double(2)")))
    finally:
        slow.close()
    assert said(result.outputs[1]) == ["2"]
    assert said(result.outputs[3]) == [
        "OutOfTime: The notebook took more than 3 seconds: this was not reached."
    ]


def test_a_test_that_computes_too_long_is_stopped(examine):
    shown = examine(
        DOUBLE, ("test", "while True:\n    pass"), ("test", "double(1)"), cell_seconds=0.5
    )
    assert shown[1:] == [["TestTookTooLong: The test computed for more than 0.5 seconds."], ["2"]]


def test_too_much_memory_is_an_error_in_the_students_code(examine):
    hungry = ("answer", "def hungry():\n    return len(bytearray(9 * 2**30))")
    assert examine(hungry, ("test", "hungry()"), ("test", "1"))[1:] == [["MemoryError: "], ["1"]]


def test_a_flood_of_output_is_cut(examine):
    flood = ("own", "while True:\n    print('x' * 10_000)")
    (shown, stopped), _ = examine(flood, ("test", "1"), cell_seconds=0.5)
    assert len(shown) < 110_000
    assert shown.endswith("the rest is left out.\n")
    assert stopped == "OutOfTime: stopped after 0.5 seconds"


def test_an_examiner_that_cannot_start_says_why_and_leaves_nothing_behind():
    with pytest.raises(CannotStart, match=r"No module named 'course\.nowhere'"):
        Examiner(["course.nowhere.Carrier"])


def test_a_trusted_student_runs_without_the_walls():
    trusting = Examiner(isolate=False)
    try:
        shown = trusting.examine(
            notebook(
                ("own", "import os\nprint(os.path.exists('/etc/passwd'))"),
                DOUBLE,
                ("test", "double(1)"),
            )
        )
    finally:
        trusting.close()
    assert [said(outputs) for outputs in shown.outputs] == [["True\n"], [], ["2"]]
