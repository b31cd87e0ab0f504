"""The bug lab's core: every known bug meets the truth, and the smallest input that exposes it."""

import json
from dataclasses import replace
from time import perf_counter

import pytest
import torch

from course.checking import calling
from course.checking.comparing import compare
from course.checking.visible import WrongAnswer, check
from course.exercises.arithmetic import correlate
from course.exercises.catalogue import EXERCISES
from course.exercises.exercise import Case, Exercise, Mistake
from course.exercises.mistakes import many_inputs as wrong
from course.widgets import bug_lab
from course.widgets import easel as easel_module
from course.widgets.bug_lab import BugLab
from course.widgets.easel import Easel, smallest, why_not
from course.widgets.exposing import confront, nature, wrong_cells
from course.widgets.stage import CannotShow

SHOWN = [e for e in EXERCISES.values() if not why_not(e)]
BUGS = [(e, m) for e in SHOWN for m in e.mistakes]
NAMES = [f"{e.name}-{m.name}" for e, m in BUGS]
MULTI_IN = EXERCISES["corr2d_multi_in"]

SPOILS_INPUTS = {
    "adds into the input",
    "adds a batch axis in place",
    "resizes the input",
    "writes into the picture",
}
STOPS_GRADIENTS = {"leaves torch", "leaves torch fast", "leaves the graph"} | {
    "makes numbers of tensors"
}


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    """No test sees the scores, or the named mistake, of another."""
    monkeypatch.setattr(bug_lab, "BEST", {})
    monkeypatch.setattr(check, "mistake", None)
    monkeypatch.setattr(check, "states", {})


def paint(lab, **changed):
    """Ask as the browser does, with what is told now and some changes."""
    keys = "bug", "sizes", "values", "shapes", "whole", "revealed"
    lab.asked = {k: lab.told[k] for k in keys} | {"n": lab.told["n"] + 1} | changed
    return lab.told


def painted(*tensors):
    """The tensors as the browser sends them."""
    return {
        "values": [t.flatten().tolist() for t in tensors],
        "shapes": [list(t.shape) for t in tensors],
    }


def refused(*args, **named):
    with pytest.raises(CannotShow) as caught:
        BugLab(*args, **named)
    return str(caught.value)


# every known bug


def test_the_exercises_whose_arguments_are_tensors_are_shown():
    assert [e.name for e in SHOWN] == [
        "corr2d",
        "corr2d_multi_in",
        "corr2d_multi_in_strict",
        "corr2d_multi_in_out",
        "corr2d_fast",
        "corr2d_multi_in_out_1x1",
        "by_linear",
    ]


@pytest.mark.parametrize(("exercise", "mistake"), BUGS, ids=NAMES)
def test_every_known_bug_has_an_input_that_exposes_it(exercise, mistake):
    least = smallest(exercise, mistake)
    assert least is not None
    arguments = Easel(exercise).arguments(least.sizes, least.values, least.whole)
    kind = nature(exercise, mistake)
    met = confront(exercise, mistake.wrong, arguments, gradient=kind == "gradient")
    assert met.by
    if kind != "values":  # by no value, neither here nor in a visible case
        assert met.by == kind
    assert least.painted <= 2


@pytest.mark.parametrize(("exercise", "mistake"), BUGS, ids=NAMES)
def test_no_known_bug_breaks_the_lab(exercise, mistake):
    lab = BugLab(mistake.name, exercise=exercise.name)
    for told in (
        lab.told,
        paint(lab, show=True),
        paint(lab, sizes=dict.fromkeys(Easel(exercise).sizes, 4)),
    ):
        json.dumps(told, allow_nan=False)
        assert "problem" not in told
        assert told["verdict"]["sentence"]


@pytest.mark.parametrize("exercise", SHOWN, ids=lambda exercise: exercise.name)
def test_the_still_picture_tells_all_its_numbers_in_words(exercise):
    lab = BugLab(exercise=exercise.name)
    alt = lab.still().alt
    assert alt.startswith(f"{exercise.signature}. {lab.told['verdict']['sentence']} X, shape (")
    assert "K, shape (" in alt
    assert "The truth, shape (" in alt


def test_the_bugs_that_give_right_values_are_told_to_do_so():
    kinds = {(nature(e, m), m.name) for e, m in BUGS}
    assert {name for kind, name in kinds if kind == "inputs"} == SPOILS_INPUTS
    assert {name for kind, name in kinds if kind == "gradient"} == STOPS_GRADIENTS
    lab = BugLab("leaves torch", exercise="corr2d_multi_in")
    assert lab.told["nature"].startswith("This bug gives right values. It stops gradients")
    assert lab.told["verdict"]["sentence"] == "The numbers agree, but no gradient reaches X, K."


def test_the_search_is_quick_and_always_finds_the_same():
    names = "turns the kernel", "averages the window"
    mistakes = [m for m in EXERCISES["corr2d"].mistakes if m.name in names]
    first = [smallest(EXERCISES["corr2d"], m) for m in mistakes]
    easel_module._SMALLEST.clear()
    start = perf_counter()
    assert [smallest(EXERCISES["corr2d"], m) for m in mistakes] == first
    assert perf_counter() - start < 5  # 1 s each, and room for a busy machine


# one meeting


X, K = torch.ones(2, 3, 3), torch.ones(2, 2, 2)


@pytest.mark.parametrize(
    ("function", "by"),
    [
        (correlate, ""),
        (wrong.averages_channels, "value"),
        (wrong.stacks_without_sum, "shape"),
        (lambda X, K: correlate(X, K).tolist(), "type"),
        (lambda X, K: None, "none"),
        (lambda X, K: correlate(X, K) / 0 * 0, "nan"),
        (lambda X, K: X @ X[:, :2], "raises"),
        (lambda X, K: correlate(X, K) + X.zero_().sum(), "inputs"),
        (wrong.leaves_torch, "gradient"),
    ],
)
def test_what_parts_a_function_from_the_truth_is_named(function, by):
    assert confront(MULTI_IN, function, (X, K), gradient=True).by == by


def test_the_cells_marked_are_those_that_the_checks_call_wrong():
    got, expected = (
        torch.tensor([[1.0, 2.0], [1000.0, float("nan")]]),
        torch.tensor([[1.0, 2.5], [1000.001, 1.0]]),
    )
    assert wrong_cells(got, expected) == [(0, 1), (1, 1)]
    for index in wrong_cells(got, expected):
        assert compare(got[index], expected[index])


def test_the_inputs_are_copies():
    before = X.clone()
    confront(MULTI_IN, lambda X, K: X.zero_(), (X, K))
    assert torch.equal(X, before)


# what it opens with


def test_it_opens_with_the_mistake_that_check_has_just_named():
    def corr2d_multi_in(X, K):
        return correlate(X, K).relu()[:1] * 0 + wrong.keeps_only_the_last_channel(X, K)

    with pytest.raises(WrongAnswer):
        check(corr2d_multi_in)
    lab = BugLab()
    assert lab.told["call"] == "corr2d_multi_in(X, K)"
    assert lab.told["bug"] == "keeps only the last channel"
    assert lab.told["note"] == "This is the mistake that check has just named."
    assert lab.told["sentence"] == check.mistake.sentence
    assert lab.told["revealed"] == ["keeps only the last channel"]


def test_of_one_exercise_it_opens_only_a_mistake_of_that_exercise(monkeypatch):
    monkeypatch.setattr(check, "mistake", MULTI_IN.mistakes[2])
    assert BugLab(exercise="corr2d_multi_in").told["bug"] == MULTI_IN.mistakes[2].name
    other = BugLab(exercise="corr2d").told
    assert other["bug"] == EXERCISES["corr2d"].mistakes[0].name
    assert other["note"] == "No mistake has been named, so this is an example."


def test_it_opens_with_the_mistake_of_stopped_gradients_too():
    def corr2d_multi_in(X, K):
        return correlate(X.detach(), K)

    with pytest.raises(WrongAnswer, match="gradients stop here"):
        check(corr2d_multi_in)
    assert BugLab().told["bug"] == "leaves torch"


def test_without_a_named_mistake_it_opens_an_example():
    lab = BugLab()
    assert lab.told["bug"] == MULTI_IN.mistakes[0].name
    assert lab.told["note"] == "No mistake has been named, so this is an example."
    assert lab.told["revealed"] == []


def test_a_mistake_that_cannot_be_painted_gives_way_to_the_example(monkeypatch):
    monkeypatch.setattr(check, "mistake", EXERCISES["learn_kernel"].mistakes[0])
    lab = BugLab()
    assert lab.told["exercise"] == "corr2d_multi_in"
    assert lab.told["note"].startswith("No painting can show the mistake that was named")


def test_a_mistake_of_several_exercises_is_shown_in_the_one_that_is_wrong(monkeypatch):
    shared = EXERCISES["by_linear"].mistakes[0]
    other = EXERCISES["corr2d_multi_in_out_1x1"]
    both = replace(other, mistakes=(shared, *other.mistakes[1:]))
    monkeypatch.setitem(EXERCISES, other.name, both)
    monkeypatch.setattr(check, "mistake", shared)
    for name in ("by_linear", other.name):
        monkeypatch.setattr(check, "states", {name: "wrong"})
        assert BugLab().told["exercise"] == name


def test_a_bug_is_chosen_by_name_or_by_exercise_or_as_a_mistake():
    assert BugLab("averages_channels").told["exercise"] == "corr2d_multi_in"
    assert BugLab("stays flat").told["exercise"] == "corr2d_multi_in_out_1x1"
    assert BugLab(exercise="corr2d").told["bug"] == "turns the kernel"
    assert BugLab("corr2d").told["bug"] == "turns the kernel"
    mistake = EXERCISES["by_linear"].mistakes[3]
    assert BugLab(mistake).told["bug"] == mistake.name


def test_unknown_names_are_refused_in_one_sentence_with_a_guess():
    assert refused("averages chanels") == (
        "'averages chanels' is no known bug that can be painted. Did you mean averages channels?"
    )
    assert refused(exercise="corr2d_multi_inn") == (
        "'corr2d_multi_inn' is no exercise. Did you mean corr2d_multi_in?"
    )
    assert refused("stays flat", exercise="corr2d").startswith(
        "'stays flat' is no known bug of corr2d."
    )
    assert "must be the name of a mistake" in refused(3)


def test_exercises_without_tensors_or_truth_are_declined():
    assert (
        refused(exercise="out_shape") == "out_shape takes no tensors, so there is nothing to paint."
    )
    assert refused(exercise="channel_rule").startswith("channel_rule takes no tensors")
    assert refused(exercise="learn_kernel") == (
        "learn_kernel has no single right answer to hold a bug against."
    )


def test_the_names_of_the_bugs_are_hidden_until_they_are_revealed():
    lab = BugLab()
    assert lab.told["bugs"][0][1] == "Bug 1"
    assert len(lab.told["bugs"]) == len(MULTI_IN.mistakes)
    told = paint(lab, revealed=["averages channels"])
    assert told["bugs"][0][1] == "Bug 1: averages channels"


# painting


def test_both_outputs_and_their_difference_are_those_of_the_functions():
    X, K = torch.zeros(2, 3, 3), torch.zeros(2, 2, 2)
    X[0, 1, 1], X[1, 0, 2], K[0, 0, 0], K[1, 1, 1] = 3.0, -2.0, 2.0, 1.5
    told = paint(BugLab(), **painted(X, K))
    truth, bug = correlate(X, K), wrong.averages_channels(X, K)
    assert told["truth"]["tiles"][0][1] == truth.tolist()
    assert told["answer"]["tiles"][0][1] == bug.tolist()
    assert told["difference"]["tiles"][0][1] == (bug - truth).tolist()
    assert told["difference"]["tiles"][0][2] == (bug != truth).nonzero().tolist()
    assert told["verdict"] == {"by": "value", "sentence": "Numbers that differ: 1 of 4."}
    assert told["score"] == [4, 26]


def test_the_smallest_score_is_kept_for_each_bug_and_survives_the_widget():
    lab = BugLab()
    X, K = torch.zeros(2, 3, 3), torch.zeros(2, 2, 2)
    assert paint(lab, **painted(X, K))["best"] is None
    X[0, 0, 0] = K[0, 0, 0] = K[1, 0, 0] = 1
    assert paint(lab, **painted(X, K))["best"] == [3, 26]
    X[1] = 2
    assert paint(lab, **painted(X, K))["best"] == [3, 26]
    assert BugLab().told["best"] == [3, 26]
    assert BugLab("uses the first kernel for all").told["best"] is None


def test_an_input_that_was_shown_does_not_count():
    lab = BugLab()
    told = paint(lab, show=True)
    assert told["score"] == told["least"] == [2, 4]
    assert told["shown"]
    assert told["best"] is None
    kept = {name: told[name] for name in ("values", "shapes", "sizes")}
    told = paint(lab, **kept, revealed=[told["bug"]])  # another question about the same input
    assert told["shown"]
    assert told["best"] is None


def test_sizes_change_together_and_keep_what_is_painted():
    lab = BugLab()
    X, K = torch.ones(2, 3, 3), torch.ones(2, 2, 2)
    told = paint(lab, **painted(X, K), sizes=lab.told["sizes"] | {"c_i": 3, "h": 1})
    assert told["shapes"] == [[3, 1, 3], [3, 1, 2]]  # the kernel is cut to the picture
    assert told["inputs"][0]["tiles"][0][1] == [[1, 1, 1]]
    assert told["inputs"][0]["tiles"][2][1] == [[0, 0, 0]]
    told = paint(lab, sizes=told["sizes"] | {"c_i": 99, "w": 0})
    assert told["shapes"] == [[4, 1, 1], [4, 1, 1]]


def test_channels_that_may_differ_have_a_size_each():
    lab = BugLab("drops a channel")
    assert [label for label, *_ in lab.told["counters"]][::3] == ["X: c_i", "K: c_i"]
    told = paint(lab, sizes=lab.told["sizes"] | {"K: c_i": 3})
    assert told["verdict"]["by"] == "accepts"
    assert told["truth"]["text"].startswith("ValueError")


def test_whole_numbers_can_be_asked_for_where_a_case_has_them():
    lab = BugLab("makes y of the type of x")
    assert lab.told["can_be_whole"] == [[0, "X"]]
    X, K = torch.ones(3, 3), torch.full((2, 2), 0.5)
    assert not paint(lab, **painted(X, K))["verdict"]["by"]
    assert paint(lab, **painted(X, K / 2), whole=[0])["verdict"]["by"] == ""  # 1 again
    told = paint(lab, **painted(X, K * 0.6), whole=[0])
    assert told["verdict"]["by"] == "value"
    told = paint(lab, **painted(X / 2, K), whole=[0])
    assert told["problem"] == "X holds whole numbers only. Change the others first."


def test_numbers_that_cannot_be_painted_are_refused_and_the_picture_stays():
    lab = BugLab()
    before = lab.told["inputs"]
    told = paint(lab, **painted(torch.full((2, 3, 3), 1e30), torch.zeros(2, 2, 2)))
    assert told["problem"] == "Paint numbers from −999 to 999."
    assert told["inputs"] == before


def test_an_exercise_of_any_axes_keeps_its_other_arguments():
    def scale(v, W, factor):
        return factor * (W @ v)

    exercise = Exercise(
        "scale",
        "code",
        ("v", "W", "factor"),
        scale,
        (Case((torch.ones(2), torch.ones(3, 2), 10)),),
        mistakes=(Mistake(lambda v, W, factor: W @ v, "The factor is missing."),),
        axes=(("n",), ("m", "n"), ()),
    )
    easel = Easel(exercise)
    assert easel.sizes == {"n": 2, "m": 3}
    least = smallest(exercise, exercise.mistakes[0])
    v, W, factor = easel.arguments(least.sizes, least.values)
    assert (v.shape, W.shape, factor) == ((1,), (1, 1), 10)
    assert not why_not(exercise)


# the learner's own function


def test_the_learners_own_function_meets_the_truth():
    def corr2d_multi_in(X, K):
        return wrong.averages_channels(X, K)

    lab = BugLab(f=corr2d_multi_in)
    assert lab.told["name"] == "corr2d_multi_in"
    assert lab.told["verdict"]["by"] == ""
    told = paint(lab, **painted(torch.ones(2, 3, 3), torch.ones(2, 2, 2)))
    assert told["verdict"]["sentence"] == "Numbers that differ: 4 of 4."
    assert told["best"] == [26, 26]
    assert told["least"] is None
    told = paint(lab, bug="averages channels")
    assert told["name"] == "The bug"


def test_a_learners_exception_is_shown_as_theirs_with_its_line():
    def corr2d(X, K):
        rows = X.shape[0]
        return X.reshape(rows, 7)

    told = BugLab(f=corr2d).told
    assert told["verdict"]["by"] == "raises"
    assert told["answer"]["text"].startswith("Line 3 of corr2d raises RuntimeError: shape '[3, 7]'")


def test_unwritten_work_is_no_find():
    def corr2d(X, K):
        raise NotImplementedError()

    told = BugLab(f=corr2d).told
    assert told["verdict"] == {"by": "", "sentence": "corr2d is not written yet."}
    assert told["best"] is None


def test_an_endless_loop_is_stopped_and_not_started_again(monkeypatch):
    monkeypatch.setattr(calling, "TIME_LIMIT", 0.05)
    started = []

    def corr2d(X, K):
        started.append(X)
        while True:
            pass

    lab = BugLab(f=corr2d)
    assert lab.told["verdict"]["sentence"] == "corr2d did not end within 0.05 seconds."
    paint(lab, **painted(torch.ones(3, 3), torch.ones(2, 2)))
    assert len(started) == 1
    paint(lab, sizes=lab.told["sizes"] | {"h": 4})
    assert len(started) == 2


def test_a_function_that_stops_gradients_or_spoils_its_inputs_is_told_so():
    told = BugLab(f=wrong.leaves_torch, exercise="corr2d_multi_in").told
    assert told["verdict"]["by"] == "gradient"
    lab = BugLab(f=wrong.adds_into_the_input, exercise="corr2d_multi_in")
    told = paint(lab, **painted(torch.ones(2, 3, 3), torch.ones(2, 2, 2)))
    assert told["verdict"]["sentence"] == "The numbers agree, but the call has changed X."
    assert told["difference"]["title"] == "X after the call"


@pytest.mark.parametrize(
    "value",
    [
        *(None, 3, "text", [1, 2], (), {}),
        *(torch.zeros(0), torch.zeros(9, 9, 9), torch.zeros(1, 1, 1, 1, 2)),
        *(torch.tensor(float("nan")), torch.full((2, 2), float("inf"))),
        *(torch.tensor([1j]), torch.tensor(True)),
    ],
    ids=repr,
)
def test_an_odd_answer_is_shown(value):
    lab = BugLab(f=lambda X, K: value, exercise="corr2d")
    json.dumps(lab.told, allow_nan=False)
    assert lab.told["verdict"]["by"]
    assert lab.still().alt


def test_an_own_function_that_cannot_be_placed_is_refused_in_one_sentence():
    assert "Which exercise does your function answer?" in refused(f=lambda X, K: X)
    assert "f must be the function itself" in refused(f=torch.ones(2))
    assert refused("stays flat", f=correlate) == "Give a known bug or your own f, not both."
    assert refused(f=lambda X: X, exercise="corr2d") == (
        "your function must be called as corr2d(X, K)."
    )


def test_an_answer_takes_less_than_50_ms_at_the_largest_sizes():
    lab = BugLab(exercise="corr2d_multi_in_out")
    sizes = {label: top for label, _, top in lab.told["counters"]}
    paint(lab, sizes=sizes | {"k_h": 2, "k_w": 2})
    paint(lab, values=[[1.0] * len(row) for row in lab.told["values"]])
    times = []
    for _ in range(5):
        start = perf_counter()
        lab.answer(lab.asked)
        times.append(perf_counter() - start)
    assert min(times) < 0.05
