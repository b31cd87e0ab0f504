"""An exercise is one name: whatever lacks that name is said in one sentence."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from course.exercises.catalogue import EXERCISES, LESSONS
from course.exercises.exercise import Exercise
from tests.exercises.lesson_cells import RIGHT_ANSWERS, ROOT, read_cells


def missing(lesson: str, exercises: tuple[Exercise, ...], cells: Mapping[str, Any]) -> list[str]:
    """What an exercise of a lesson lacks, and what a cell lacks, one sentence each."""
    notebook = f"source/{lesson}/{lesson}.ipynb"
    module = f"course/exercises/{lesson[3:]}.py"
    sentences = []
    for exercise in exercises:
        for grade_id in (exercise.name, f"check_{exercise.name}", f"hidden_{exercise.name}"):
            if grade_id not in cells:
                sentences.append(f"{exercise.name} has no cell '{grade_id}': add it to {notebook}.")
        if exercise.name in cells and f"def {exercise.name}(" not in cells[exercise.name]["source"]:
            sentences.append(f"{notebook}, cell {exercise.name}: it must define {exercise.name}().")
        check = cells.get(f"check_{exercise.name}", {"metadata": {"tags": ["raises-exception"]}})
        if "raises-exception" not in check["metadata"].get("tags", []):
            sentences.append(
                f"{notebook}, cell check_{exercise.name}: give it the tag raises-exception,"
                " or Run All stops there."
            )
        if not exercise.hints:
            sentences.append(f"{exercise.name} has no hints: add them in {module}.")
        if not exercise.mistakes:
            sentences.append(f"{exercise.name} has no known mistakes: add them in {module}.")
        if exercise.kind == "code" and not (exercise.reference or exercise.judge):
            sentences.append(f"{exercise.name} has no reference and no judge: add one in {module}.")
        if exercise.reference and exercise.kind != "code":
            sentences.append(f"{exercise.name}: {module} must not hold the answer of a question.")
        if exercise.kind == "choice" and len(exercise.options) < 3:
            sentences.append(f"{exercise.name} has fewer than three options: add some in {module}.")
    names = {exercise.name for exercise in exercises}
    for grade_id, cell in cells.items():
        by_hand = cell["cell_type"] == "markdown"
        name = grade_id.removeprefix("check_").removeprefix("hidden_")
        if not by_hand and name not in names:
            sentences.append(f"{notebook}, cell {grade_id}: declare the exercise in {module}.")
    return sentences


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_has_its_cells_and_every_cell_its_exercise(lesson: str) -> None:
    assert missing(lesson, LESSONS[lesson], read_cells(lesson)) == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_has_its_collection_of_right_answers(lesson: str) -> None:
    path = RIGHT_ANSWERS / f"{lesson[3:]}.py"
    assert path.exists(), f"{lesson} has no right answers to be fair to: write {path}."


def test_every_folder_of_source_is_a_lesson_and_every_lesson_a_folder() -> None:
    folders = {path.name for path in (ROOT / "source").iterdir() if path.is_dir()}
    assert folders == set(LESSONS), "register the lesson in course/exercises/__init__.py"


def test_no_two_exercises_share_a_name() -> None:
    names = [exercise.name for exercises in LESSONS.values() for exercise in exercises]
    assert len(names) == len(EXERCISES)


DEFECTS = {
    "a missing hidden test": (
        lambda e, c: ((e,), {k: v for k, v in c.items() if k != f"hidden_{e.name}"}),
        "corr2d_multi_in has no cell 'hidden_corr2d_multi_in': add it to"
        " source/02_many_inputs/02_many_inputs.ipynb.",
    ),
    "a missing check": (
        lambda e, c: ((e,), {k: v for k, v in c.items() if k != f"check_{e.name}"}),
        "corr2d_multi_in has no cell 'check_corr2d_multi_in'",
    ),
    "a cell without its exercise": (
        lambda e, c: ((), c),
        "cell check_corr2d_multi_in: declare the exercise in course/exercises/many_inputs.py.",
    ),
    "a check that stops Run All": (
        lambda e, c: (
            (e,),
            {**c, f"check_{e.name}": {**c[f"check_{e.name}"], "metadata": {"tags": []}}},
        ),
        "cell check_corr2d_multi_in: give it the tag raises-exception, or Run All stops there.",
    ),
    "no hints": (lambda e, c: ((replace(e, hints=()),), c), "has no hints"),
    "no mistakes": (lambda e, c: ((replace(e, mistakes=()),), c), "has no known mistakes"),
    "no reference": (lambda e, c: ((replace(e, reference=None),), c), "no reference and no judge"),
    "an answer in the package": (
        lambda e, c: ((replace(e, kind="number"),), c),
        "must not hold the answer",
    ),
    "another function's cell": (
        lambda e, c: ((e,), {**c, e.name: {**c[e.name], "source": "def other(): ..."}}),
        "it must define corr2d_multi_in()",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_what_is_missing_is_named_in_one_sentence(defect: str) -> None:
    spoil, sentence = DEFECTS[defect]
    exercise = EXERCISES["corr2d_multi_in"]
    cells = {k: v for k, v in read_cells("02_many_inputs").items() if exercise.name in k}
    cells.pop("corr2d_multi_in_strict", None)
    cells = {key: value for key, value in cells.items() if not key.endswith("_strict")}
    exercises, spoiled = spoil(exercise, cells)
    assert sentence in " ".join(missing("02_many_inputs", exercises, spoiled))
