"""The graders are graded: right answers earn everything, wrong ones lose, and no test is idle.

A right answer is the stored solution or a style of `right_answers/`. A wrong one is a known mistake
of the exercise, a mechanical mutant of the solution, or an extra one of `right_answers/`.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest
import torch

from course.checking import NotWrittenYet, WrongAnswer, calling
from course.checking.judging import call_copy
from course.exercises.catalogue import EXERCISES, LESSONS
from course.exercises.exercise import Exercise
from course.language import _
from tests.exercises.lesson_cells import (
    RIGHT_ANSWERS,
    ExerciseCells,
    Result,
    default_dtype,
    exercise_cells,
    has_cells,
)
from tests.exercises.mutants import mutants

Function = Callable[..., Any]
NAMES = [name for name in EXERCISES if has_cells(name)]
CODE = [name for name in NAMES if EXERCISES[name].kind == "code"]


@pytest.fixture(autouse=True)
def short_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "TIME_LIMIT", 3.0)


@cache
def answers(kind: str) -> dict[str, dict[str, Any]]:
    """RIGHT, WRONG or EQUIVALENT of all lessons: for each exercise its entries by name."""
    merged: dict[str, dict[str, Any]] = {}
    for lesson in LESSONS:
        if not (RIGHT_ANSWERS / f"{lesson[3:]}.py").exists():
            continue  # test_completeness says so in one sentence
        stored = import_module(f"tests.exercises.right_answers.{lesson[3:]}")
        for name, entries in getattr(stored, kind, {}).items():
            merged.setdefault(name, {}).update(entries)
    return merged


@cache
def wrong_answers(name: str) -> dict[str, Function]:
    """Every wrong answer to an exercise, by what is wrong with it."""
    cells = exercise_cells(name)
    pool = {mistake.name: mistake.wrong for mistake in EXERCISES[name].mistakes}
    pool.update(answers("WRONG").get(name, {}))
    equivalent = answers("EQUIVALENT").get(name, {})
    for change, source in mutants(cells.solution):
        if not explained(change, equivalent):
            pool[f"mutant {change}"] = cells.define(source)
    return pool


def run(cells: ExerciseCells, function: Function, source: str | None = None) -> Result:
    torch.manual_seed(0)
    return cells.run_hidden(function, source)


def message(cells: ExerciseCells, function: Function) -> str:
    """What the visible check says of an answer; empty if it is content."""
    try:
        cells.run_check(function)
    except Exception as error:
        return "\n".join([str(error), *getattr(error, "__notes__", [])])
    return ""


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_the_stored_solution_passes_its_check_and_earns_every_point(
    name: str, dtype: torch.dtype
) -> None:
    cells = exercise_cells(name)
    with default_dtype(dtype):
        cells.run_check(cells.define())
        result = run(cells, cells.define())
    assert result.points == cells.hidden_points, result.report


RIGHT = [(name, style) for name, styles in answers("RIGHT").items() for style in styles]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize(("name", "style"), RIGHT)
def test_every_correct_style_earns_every_point(name: str, style: str, dtype: torch.dtype) -> None:
    cells, function = exercise_cells(name), answers("RIGHT")[name][style]
    with default_dtype(dtype):
        assert message(cells, function) == ""
        result = run(cells, function)
    assert result.points == cells.hidden_points, result.report


@pytest.mark.parametrize("name", NAMES)
def test_the_released_stub_earns_nothing_and_reads_as_not_written_yet(name: str) -> None:
    cells = exercise_cells(name)
    stub = cells.define(cells.stub)
    with pytest.raises(NotWrittenYet, match="not written yet"):
        cells.run_check(stub)
    result = run(cells, stub)
    assert result.points == 0
    assert "Not written yet." in result.report


MISTAKES = [(name, m.name) for name in NAMES for m in EXERCISES[name].mistakes]


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_every_known_mistake_loses_points_and_earns_its_own_sentence(
    name: str, mistake: str
) -> None:
    cells, exercise = exercise_cells(name), EXERCISES[name]
    known = next(m for m in exercise.mistakes if m.name == mistake)
    result = run(cells, known.wrong)
    assert result.points < cells.hidden_points, "it earns every hidden point"
    if exercise.kind != "choice":
        assert _(known.sentence) in message(cells, known.wrong)
    assert _(known.sentence) in result.report


@pytest.mark.parametrize("name", CODE)
def test_the_visible_cases_tell_all_known_mistakes_apart(name: str) -> None:
    exercise = EXERCISES[name]
    seen: dict[str, str] = {}
    for mistake in exercise.mistakes:
        behaviour = describe(exercise, mistake.wrong)
        other = seen.setdefault(behaviour, mistake.sentence)
        assert other == mistake.sentence, f"{mistake.name} looks like another mistake: {other}"


def describe(exercise: Exercise, function: Function) -> str:
    """All that the visible check can see of a function, as one text."""
    seen = []
    for case in exercise.cases:
        arguments = [a.clone() if isinstance(a, torch.Tensor) else a for a in case.arguments]
        outcome = calling.call(function, arguments, quiet=True, watch=exercise.from_scratch)
        seen.append((repr(outcome.value), repr(outcome.error), sorted(outcome.ready_made)))
        seen.append(repr(arguments))
    if exercise.gradient:
        leaves = [a.clone().requires_grad_() for a in exercise.cases[0].arguments]
        outcome = calling.call(function, leaves, quiet=True)
        seen.append(repr(getattr(outcome.value, "requires_grad", outcome.error)))
    return repr(seen)


@pytest.mark.parametrize("name", NAMES)
def test_every_mechanical_mutant_loses_points_or_is_listed_as_equivalent(name: str) -> None:
    cells = exercise_cells(name)
    listed = answers("EQUIVALENT").get(name, {})
    survivors = [
        change
        for change, source in mutants(cells.solution)
        if run(cells, cells.define(source)).points == cells.hidden_points
    ]
    unexplained = [change for change in survivors if not explained(change, listed)]
    assert not unexplained, "these earn every point: kill them, or explain them in EQUIVALENT"
    idle = [key for key in listed if not any(explained(change, [key]) for change in survivors)]
    assert not idle, "these are listed as equivalent, but do not survive: take them out"


def explained(change: str, listed: Iterable[str]) -> bool:
    """True if a mutant is listed; "…" in a listed name stands for any text."""
    patterns = (".*".join(map(re.escape, key.split("…"))) for key in listed)
    return any(re.fullmatch(pattern, change) for pattern in patterns)


def without_each_assertion(source: str) -> Iterator[tuple[str, str]]:
    """The hidden cell with one assertion taken out, once for each: (the assertion, the rest)."""
    lines = source.split("\n")
    tree = ast.parse(source)
    for block in (node for node in ast.walk(tree) if isinstance(node, ast.With)):
        for statement in block.body:
            if isinstance(statement, ast.Expr):
                first, last = statement.lineno - 1, statement.end_lineno
                indent = re.match(r"\s*", lines[first])
                assert indent
                rest = [*lines[:first], f"{indent[0]}pass", *lines[last:]]
                yield "\n".join(lines[first:last]).strip(), "\n".join(rest)


ASSERTIONS = [
    (name, assertion)
    for name in NAMES
    for assertion, _rest in without_each_assertion(exercise_cells(name).hidden)
]


@pytest.mark.parametrize(("name", "assertion"), ASSERTIONS)
def test_without_any_one_hidden_assertion_some_wrong_answer_earns_more(
    name: str, assertion: str
) -> None:
    cells = exercise_cells(name)
    weaker = dict(without_each_assertion(cells.hidden))[assertion]
    for function in wrong_answers(name).values():
        if run(cells, function, weaker).points > run(cells, function).points:
            return
    pytest.fail(f"hidden_{name}: nothing gets past without  {assertion}  - take it out")


@pytest.mark.parametrize("name", CODE)
def test_a_hidden_report_shows_no_number_but_points(name: str) -> None:
    cells = exercise_cells(name)
    for function in wrong_answers(name).values():
        for line in run(cells, function).report.splitlines():
            told = line.split(" points.", 1)[-1]
            known = [_(m.sentence) for m in EXERCISES[name].mistakes]
            for sentence in known:
                told = told.replace(sentence, "")
            assert not re.search(r"\d\d|\d\.\d|tensor\(", told), line


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CODE])
@pytest.mark.parametrize("odd", [64, 3.5, "no such choice", None, [1], torch.zeros(2)], ids=repr)
def test_a_hidden_report_on_a_question_never_tells_its_answer(name: str, odd: Any) -> None:
    cells = exercise_cells(name)
    report = run(cells, lambda: odd).report
    answer = cells.define()()
    words = [answer] if isinstance(answer, str) else re.findall(r"\d\d+", repr(answer))
    for word in words:
        assert not re.search(rf"(?<!of ){re.escape(word)}(?! of| points)", report), report


@pytest.mark.parametrize("name", NAMES)
def test_the_aspects_points_add_up_to_those_of_the_cell(name: str) -> None:
    cells = exercise_cells(name)
    stated = re.findall(r"\.aspect\(.*?points=([\d.]+)\)", cells.hidden)
    assert sum(map(float, stated)) == cells.hidden_points


@pytest.mark.parametrize("name", NAMES)
def test_a_hidden_test_takes_no_name_that_a_learner_may_use(name: str) -> None:
    bound = set()
    for node in ast.walk(ast.parse(exercise_cells(name).hidden)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.alias):
            bound.add(node.asname or node.name)
    mine = {key for key in bound if not key.startswith("_")} - {"HiddenTest", "hidden"}
    assert not mine, "a learner's function may use these names: begin them with an underscore"


@pytest.mark.parametrize("name", NAMES)
def test_a_regrade_draws_the_same_inputs_and_another_student_others(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from course.checking import HiddenTest

    function = exercise_cells(name).define()
    names = {"function": function, "HiddenTest": HiddenTest, name: function}

    def drawn(key: str) -> torch.Tensor:
        monkeypatch.setenv("COURSE_DRAW_KEY", key)
        return eval(f"HiddenTest({name}).draw(3, 4)", names)

    assert torch.equal(drawn("ada"), drawn("ada"))
    assert not torch.equal(drawn("ada"), drawn("bela"))


DRAWS = re.compile(r"hidden\.(draw\(|(agrees|raises|operations)\(.*\(\d)")
DRAWN = [name for name in NAMES if DRAWS.search(exercise_cells(name).hidden)]


@pytest.mark.slow
@pytest.mark.parametrize("student", range(10))
@pytest.mark.parametrize("name", DRAWN)
def test_marks_do_not_depend_on_the_inputs_a_student_draws(
    name: str, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = exercise_cells(name)
    here = {key: run(cells, wrong).points for key, wrong in wrong_answers(name).items()}
    monkeypatch.setenv("COURSE_DRAW_KEY", f"student {student}")
    for style, function in {"solution": cells.define(), **answers("RIGHT").get(name, {})}.items():
        assert run(cells, function).points == cells.hidden_points, style
    there = {key: run(cells, wrong).points for key, wrong in wrong_answers(name).items()}
    assert there == here


def test_a_wrong_answer_is_no_error_of_the_course() -> None:
    assert issubclass(WrongAnswer, AssertionError)
    assert call_copy(lambda: 1, ()).value == 1
