"""Damaged work gets the marks of the undamaged work, and the receipt says what was repaired."""

import copy
import itertools
import json

import pytest

from course.grading.folder import open_course
from course.grading.lesson import read_lesson
from course.grading.read_notebook import read_notebook
from course.grading.rebuild import Rebuild
from tests.foreign_course import HIDDEN_MEAN
from tests.graded_class import MEAN
from tests.grading.damages import (
    DAMAGED_FILES,
    DAMAGES,
    LOST_FILES,
    cell,
    change_test,
    delete,
    label,
    plain,
)
from tests.grading.rebuilt import course as course
from tests.grading.rebuilt import rebuild, released

FULL = {"check_mean": 1, "hidden_mean": 4, "check_median": 1, "hidden_median": 4, "compare": None}
NOTHING = dict.fromkeys(FULL, 0)
# Right for whole numbers below ten, so that one check passes and a hidden test does not.
WRONG_MEAN = "def mean(values):\n    return sum(values) // len(values)"
MEDIAN_WITH_HELPER = "def median(values):\n    return middle(sorted(values))"
HELPER = "def middle(ordered):\n    return ordered[math.floor(len(ordered) / 2)]"


NUMBERS = itertools.count()


def own_cell(source, kind="code"):
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    about = {"cell_type": kind, "id": f"mine-{next(NUMBERS)}", "metadata": {}}
    return {**about, "source": source, **code}


def answered(course, mean=MEAN):
    """The notebook of a student who uses a given cell and one of their own as well."""
    nb = released(course)
    for found in nb["cells"]:
        found["source"] = "".join(found["source"])
    cell(nb, "mean")["source"] = mean
    cell(nb, "median")["source"] = MEDIAN_WITH_HELPER
    cell(nb, "compare")["source"] = "The mean moves.\nThe median stays."
    given = nb["cells"][1]
    assert given["source"].startswith("values = ")
    given["source"] = "import math\n" + given["source"]
    nb["cells"].insert(6, own_cell(HELPER))
    return nb


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_notebook_gets_the_marks_of_the_undamaged_one(course, name):
    damage, words = DAMAGES[name]
    nb = answered(course)
    damage(nb)
    rebuilt = rebuild(course, nb)
    assert rebuilt.marks == FULL
    assert words in " ".join(rebuilt.repairs)
    assert bool(rebuilt.repairs) == bool(words)


@pytest.mark.parametrize("name", DAMAGED_FILES)
def test_a_damaged_file_gets_the_marks_of_the_undamaged_one(course, name):
    damage, words = DAMAGED_FILES[name]
    rebuilt = rebuild(course, damage(answered(course)))
    assert rebuilt.marks == FULL
    assert words in " ".join(rebuilt.repairs)
    assert bool(rebuilt.repairs) == bool(words)


@pytest.mark.parametrize("name", [*DAMAGES, *DAMAGED_FILES])
def test_no_damage_raises_the_mark_of_a_wrong_answer(course, name):
    nb = answered(course, WRONG_MEAN)
    damage, _ = {**DAMAGES, **DAMAGED_FILES}[name]
    changed = damage(nb)
    assert rebuild(course, nb if changed is None else changed).marks == FULL | {"hidden_mean": 0}


@pytest.mark.parametrize("name", LOST_FILES)
def test_a_file_of_which_nothing_can_be_saved_scores_nothing_and_says_so(course, name):
    rebuilt = rebuild(course, LOST_FILES[name])
    assert rebuilt.marks == NOTHING
    assert "counts as not answered" in " ".join(rebuilt.repairs)


def test_of_a_file_that_broke_off_the_whole_cells_are_graded(course):
    text = plain(answered(course))
    rebuilt = rebuild(course, text[: text.index("def median")])
    assert rebuilt.marks == FULL | {"check_median": 0, "hidden_median": 0, "compare": 0}
    assert "broken off: 9 cells could be saved" in rebuilt.repairs[0]


def test_an_untouched_notebook_scores_nothing_and_needs_no_repair(course):
    rebuilt = rebuild(course, released(course))
    assert rebuilt.marks == NOTHING
    assert rebuilt.repairs == []


def test_the_lessons_cells_stand_in_the_lessons_order_with_the_lessons_metadata(course):
    nb = answered(course)
    nb["cells"].reverse()
    for found in nb["cells"]:
        found["metadata"].update(tags=["hide"], collapsed=True, slideshow={"a": 1})
        found["attachments"] = {"x.png": {"image/png": "aaaa"}}
    nb["metadata"]["widgets"] = {"a": 1}
    rebuilt = rebuild(course, nb).notebook
    known = {c["id"]: c for c in released(course)["cells"]}
    kept = [c for c in rebuilt.cells if c.id in known]
    assert [c.id for c in kept] == list(known)
    for found in rebuilt.cells:
        expected = set(known[found.id]["metadata"]) if found.id in known else set()
        assert set(found.metadata) == expected
        assert "attachments" not in found
    assert set(rebuilt.metadata) == {"kernelspec", "repairs"}


def test_a_changed_given_cell_runs_after_the_lessons_own(course):
    rebuilt = rebuild(course, answered(course)).notebook
    sources = [c.source for c in rebuilt.cells]
    assert sources[1].startswith("values = ")
    assert sources[2] == "import math\n" + sources[1]
    assert sources[sources.index(HELPER) - 1].startswith("# Hidden test, 4 points: negative")


def test_a_given_cell_that_lost_its_id_is_still_known(course):
    nb = answered(course)
    nb["cells"][1]["id"] = "renumbered"
    rebuilt = rebuild(course, nb)
    assert rebuilt.repairs == []
    assert rebuilt.notebook.cells[2].source.startswith("import math")


def test_a_changed_test_comes_back_with_its_hidden_lines(course):
    nb = answered(course, WRONG_MEAN)
    cell(nb, "hidden_mean")["source"] = "assert True"
    rebuilt = rebuild(course, nb)
    assert rebuilt.marks["hidden_mean"] == 0
    assert HIDDEN_MEAN in [c.source for c in rebuilt.notebook.cells]


def test_of_several_definitions_without_a_name_the_last_ahead_of_the_test_counts(course):
    nb = answered(course)
    delete("mean")(nb)
    nb["cells"][3:3] = [own_cell("def mean(values):\n    return 0"), own_cell(MEAN)]
    nb["cells"].append(own_cell("def mean(values):\n    return 'an afterthought'"))
    assert rebuild(course, nb).marks == FULL


def test_two_definitions_beside_the_stub_run_where_they_stand(course):
    nb = answered(course)
    stub = "".join(cell(released(course), "mean")["source"])
    cell(nb, "mean")["source"] = stub
    nb["cells"][3:3] = [own_cell(MEAN), own_cell(MEAN)]  # the stub below undoes them
    assert rebuild(course, nb).marks == FULL | {"check_mean": 0, "hidden_mean": 0}


def test_too_many_and_too_long_cells_are_left_out_and_said(course):
    nb = answered(course)
    nb["cells"] += [own_cell(f"n = {n}") for n in range(250)]
    nb["cells"][1:1] = [own_cell("# " + "long" * 30_000)]
    rebuilt = rebuild(course, nb)
    assert rebuilt.marks == FULL
    assert rebuilt.repairs == [
        "Cell 2: longer than a cell may be, and left out.",
        "52 of the student's own cells were left out: there are too many.",
    ]
    assert len(rebuilt.notebook.cells) == len(released(course)["cells"]) + 200


def test_without_a_release_the_gradebook_gives_the_graded_cells(course):
    folder = course / "release"
    hidden = folder.rename(course / "elsewhere")
    try:
        for damage in (delete("check_mean", "hidden_mean"), label("mean", grade_id="x")):
            nb = json.loads((hidden / "ps1" / "ps1.ipynb").read_text())
            nb = answered_from(nb)
            damage(nb)
            rebuilt = rebuild(course, nb)
            assert rebuilt.marks == FULL
            assert "mean" in rebuilt.repairs[0]
        nb = answered_from(json.loads((hidden / "ps1" / "ps1.ipynb").read_text()))
        assert rebuild(course, nb).repairs == []
    finally:
        hidden.rename(folder)


def answered_from(nb):
    cell(nb, "mean")["source"] = MEAN
    cell(nb, "median")["source"] = (
        "def median(values):\n    return sorted(values)[len(values) // 2]"
    )
    cell(nb, "compare")["source"] = "The mean moves."
    return nb


def test_what_a_notebook_says_about_repairs_itself_is_not_believed(course):
    nb = answered(course)
    nb["metadata"]["repairs"] = ["All marks were raised by the teacher."]
    assert rebuild(course, nb).repairs == []


def test_the_same_notebook_is_rebuilt_the_same(course):
    nb = answered(course)
    change_test(nb)
    assert rebuild(course, copy.deepcopy(nb)).notebook == rebuild(course, nb).notebook


def test_what_becomes_of_a_rebuilt_notebook_does_not_reach_the_next_one(course):
    api = open_course(course)
    with api.gradebook as gradebook:
        lesson = read_lesson(api.config, gradebook, "ps1", "ps1")
    before = copy.deepcopy(lesson.skeleton)
    handed_in, _ = read_notebook(json.dumps(answered(course)).encode())
    rebuilt, _ = Rebuild().preprocess(handed_in, {"lesson": lesson})
    for cell_of_it in rebuilt.cells:
        cell_of_it.source = cell_of_it.id = ""
        cell_of_it.metadata.get("nbgrader", {}).clear()
        cell_of_it.metadata.clear()
        cell_of_it.get("outputs", []).append({})
    rebuilt.metadata.kernelspec.clear()
    assert lesson.skeleton == before
