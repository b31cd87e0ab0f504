"""What befalls notebooks on their way from a student to the grader.

Each damage changes a notebook (the parsed file) or, from DAMAGED_FILES on, its bytes or its folder.
"""

import copy
import json

from tests.foreign_course import MEAN


def at(nb, name):
    """Where the cell of this grade_id stands."""
    return next(
        number
        for number, cell in enumerate(nb["cells"])
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name
    )


def cell(nb, name):
    return nb["cells"][at(nb, name)]


def delete(*names):
    def damage(nb):
        for name in names:
            del nb["cells"][at(nb, name)]

    return damage


def duplicate(name, text=None):
    def damage(nb):
        twin = copy.deepcopy(cell(nb, name))
        twin["source"] = twin["source"] if text is None else text
        nb["cells"].insert(at(nb, name), twin)

    return damage


def label(name, **changed):
    def damage(nb):
        cell(nb, name)["metadata"]["nbgrader"].update(changed)

    return damage


def unlabel(*names):
    def damage(nb):
        for name in names:
            del cell(nb, name)["metadata"]["nbgrader"]

    return damage


def unlabel_without_ids(*names):
    def damage(nb):
        unlabel(*names)(nb)
        for found in nb["cells"]:
            del found["id"]
        nb["nbformat_minor"] = 4

    return damage


def put(name, **changed):
    def damage(nb):
        cell(nb, name).update(changed)

    return damage


def drop(name, key):
    def damage(nb):
        del cell(nb, name)[key]

    return damage


def retype(name, kind):
    def damage(nb):
        found = cell(nb, name)
        found["cell_type"] = kind
        if kind != "code":
            del found["outputs"], found["execution_count"]
        else:
            found.update(outputs=[], execution_count=None)

    return damage


def move(name, to):
    def damage(nb):
        nb["cells"].insert(to, nb["cells"].pop(at(nb, name)))

    return damage


def turn_round(nb):
    nb["cells"].reverse()


def delete_given(nb):
    del nb["cells"][2], nb["cells"][0]


def duplicate_given(nb):
    nb["cells"].insert(2, copy.deepcopy(nb["cells"][1]))


def retype_given(nb):
    nb["cells"][1]["cell_type"] = "markdown"


def copy_to_a_new_cell(nb):
    """The answer stands in a cell of the student's own, and the released one below it."""
    answer = cell(nb, "mean")
    own = {"cell_type": "code", "metadata": {}, "source": answer["source"], "outputs": []}
    nb["cells"].insert(at(nb, "mean"), {**own, "execution_count": None, "id": "new"})
    signature = MEAN.split("    ### BEGIN SOLUTION")[0]
    answer["source"] = f"{signature}    # YOUR CODE HERE\n    raise NotImplementedError()"


def move_to_a_new_cell(nb):
    copy_to_a_new_cell(nb)
    delete("mean")(nb)


def split(with_label):
    def damage(nb):
        answer = cell(nb, "mean")
        rest = copy.deepcopy(answer)
        rest.update(source="checked = mean([1, 2, 6])", id="rest")
        if not with_label:
            rest["metadata"] = {}
        nb["cells"].insert(at(nb, "mean") + 1, rest)

    return damage


def swap_labels(nb):
    one, other = cell(nb, "mean")["metadata"], cell(nb, "check_mean")["metadata"]
    one["nbgrader"], other["nbgrader"] = other["nbgrader"], one["nbgrader"]


def change_test(nb):
    cell(nb, "check_mean")["source"] = "assert True"


def skip(nb):
    for found in nb["cells"]:
        found["metadata"]["tags"] = ["skip-execution"]


def same_ids(nb):
    for found in nb["cells"]:
        found["id"] = "same"


def no_ids(nb):
    for found in nb["cells"]:
        del found["id"]


def lines(nb):
    for found in nb["cells"]:
        found["source"] = found["source"].splitlines(keepends=True)


def lines_without_ends(nb):
    for found in nb["cells"]:
        found["source"] = found["source"].splitlines()


def windows_lines(nb):
    for found in nb["cells"]:
        found["source"] = found["source"].replace("\n", "\r\n")


def format_3(nb):
    cells = nb.pop("cells")
    for found in cells:
        del found["id"]
        if found["cell_type"] == "code":
            found["input"] = found.pop("source")
            found["prompt_number"] = found.pop("execution_count")
    nb.update(nbformat=3, nbformat_minor=0, worksheets=[{"cells": cells, "metadata": {}}])


def version(major, minor):
    def damage(nb):
        nb.update(nbformat=major, nbformat_minor=minor)

    return damage


def metadata(value):
    def damage(nb):
        nb["metadata"] = value

    return damage


def no_metadata(nb):
    del nb["metadata"]


def not_a_cell(nb):
    nb["cells"][1:1] = [None, 7, [], "cell"]


# Name -> (what happens, words of the receipt; "" where nothing had to be repaired).
DAMAGES = {
    "none": (lambda nb: None, ""),
    "test deleted": (delete("check_mean", "hidden_mean"), "put back: check_mean, hidden_mean"),
    "given cells deleted": (delete_given, "put back: cell 1 of the lesson, cell 3 of the lesson"),
    "all tests deleted": (
        delete("check_mean", "hidden_mean", "check_median", "hidden_median"),
        "put back: check_mean, hidden_mean, check_median, hidden_median",
    ),
    "test doubled": (duplicate("hidden_mean"), "graded once: hidden_mean"),
    "answer doubled": (duplicate("mean"), "counts: mean"),
    "answer doubled, another first": (duplicate("mean", "def mean(v):\n    return 0"), "mean"),
    "answer doubled, empty first": (duplicate("mean", ""), "mean"),
    "given cell doubled": (duplicate_given, "`id`"),
    "answer made markdown": (retype("mean", "markdown"), "turned back: mean"),
    "test made markdown": (retype("hidden_mean", "markdown"), "turned back: hidden_mean"),
    "test made raw": (retype("hidden_mean", "raw"), "turned back: hidden_mean"),
    "written answer made code": (retype("compare", "code"), "turned back: compare"),
    "given cell made markdown": (retype_given, "turned back: cell 2 of the lesson"),
    "unknown kind of cell": (put("mean", cell_type="cod"), "`cell_type`"),
    "kind of cell is a number": (put("hidden_mean", cell_type=5), "`cell_type`"),
    "test moved to the front": (move("hidden_mean", 0), "order"),
    "answer moved to the end": (move("mean", 12), "order"),
    "turned round": (turn_round, "order"),
    "name of an answer changed": (label("mean", grade_id="mine"), "mean"),
    "name of a test changed": (label("hidden_mean", grade_id="mine"), "hidden_mean"),
    "name of a written answer changed": (label("compare", grade_id="mine"), "compare"),
    "name is a number": (label("mean", grade_id=7), "mean"),
    "name is a list": (label("hidden_mean", grade_id=["hidden_mean"]), "hidden_mean"),
    "names removed": (unlabel("mean", "hidden_mean", "compare"), "mean, hidden_mean"),
    "names and ids removed": (unlabel_without_ids("mean", "hidden_mean"), "name: mean"),
    "label of a test on the answer": (swap_labels, "mean"),
    "names of two answers are one": (label("median", grade_id="mean"), "median"),
    "solution flag on a test": (label("hidden_mean", solution=True), "put right: hidden_mean"),
    "grade flag off": (label("hidden_mean", grade=False), "put right: hidden_mean"),
    "grade flag on an answer": (label("mean", grade=True, points=9), "put right: mean"),
    "lock flag flipped": (label("hidden_mean", locked=False), "put right: hidden_mean"),
    "points changed": (label("hidden_mean", points=400), "put right: hidden_mean"),
    "points are no number": (label("hidden_mean", points="four"), "put right: hidden_mean"),
    "schema 1": (label("hidden_mean", schema_version=1), "put right: hidden_mean"),
    "schema 99": (label("mean", schema_version=99), "put right: mean"),
    "schema in words": (label("mean", schema_version="three"), "put right: mean"),
    "label is no dict": (
        lambda nb: cell(nb, "mean")["metadata"].update(nbgrader="gone"),
        "mean",
    ),
    "tests tagged to be skipped": (skip, "put right: mean, check_mean, hidden_mean"),
    "metadata of a cell is a list": (put("mean", metadata=[]), "`metadata`"),
    "metadata of a cell missing": (drop("hidden_mean", "metadata"), "`metadata`"),
    "text of a test changed": (change_test, "that of the lesson: check_mean"),
    "answer in a cell of its own, the stub below it": (copy_to_a_new_cell, "mean"),
    "answer in a cell of its own, the stub gone": (move_to_a_new_cell, "name: mean"),
    "answer split, both parts with its name": (split(with_label=True), "counts: mean"),
    "answer split, the rest without a name": (split(with_label=False), ""),
    "ids missing": (no_ids, "`id`"),
    "ids all the same": (same_ids, "`id`"),
    "an id of another kind": (put("mean", id={"a": 1}), "`id`"),
    "source of a test missing": (drop("hidden_mean", "source"), "`source`"),
    "source of a test is None": (put("hidden_mean", source=None), "`source`"),
    "outputs missing": (drop("mean", "outputs"), "`outputs`"),
    "outputs are no list": (put("mean", outputs={"a": 1}), "`outputs`"),
    "execution_count missing": (drop("mean", "execution_count"), "`execution_count`"),
    "source in lines": (lines, ""),
    "source in lines without ends": (lines_without_ends, ""),
    "Windows' ends of lines": (windows_lines, ""),
    "format 3": (format_3, "format is 3.0"),
    "format 4.0": (version(4, 0), ""),
    "format 4.99": (version(4, 99), "format is 4.99"),
    "format 5": (version(5, 0), "format is 5.0"),
    "format in words": (version("four", None), "format is none"),
    "kernel of another name": (metadata({"kernelspec": {"name": "no-such"}}), ""),
    "kernel missing": (metadata({}), "kernel"),
    "metadata missing": (no_metadata, "no metadata"),
    "metadata is a list": (metadata([]), "no metadata"),
    "things among the cells that are none": (not_a_cell, ""),
}


def plain(nb):
    return json.dumps(nb, indent=1)


def deep(nb):
    nested = "[" * 200_000 + "]" * 200_000
    return plain({**nb, "metadata": "here"}).replace('"here"', f'{{"deep": {nested}}}')


def conflict(nb):
    """A merge that was not finished leaves its marks between two cells."""
    return plain(nb).replace('  {\n   "cell_type"', '<<<<<<< HEAD\n  {\n   "cell_type"', 1)


# The same for whole files: text or bytes instead of the notebook's.
DAMAGED_FILES = {
    "byte order mark": (lambda nb: plain(nb).encode("utf-8-sig"), "byte order mark"),
    "UTF-16": (lambda nb: plain(nb).encode("utf-16"), "UTF-16"),
    "UTF-16 without a mark": (lambda nb: plain(nb).encode("utf-16-be"), "UTF-16-BE"),
    "CRLF": (lambda nb: plain(nb).replace("\n", "\r\n"), ""),
    "not all text": (
        lambda nb: plain(nb).encode().replace(b"The mean moves", b"The mean m\xf6ves"),
        "not all text",
    ),
    "half a character": (lambda nb: plain(nb).replace("The mean", "\\ud83d The mean"), ""),
    "the last brackets missing": (lambda nb: plain(nb)[:-3], "damaged or broken off"),
    "a comma too many": (lambda nb: plain(nb)[:-1] + ",}", "damaged or broken off"),
    "an unfinished merge": (conflict, "damaged or broken off"),
    "200,000 levels deep": (deep, "damaged or broken off"),
}

# Nothing can be saved of these: they score nothing, and the receipt says so.
LOST_FILES = {
    "empty": b"",
    "no JSON": b"{not a notebook",
    "JSON of something else": b"[1, 2, 3]",
    "a picture": bytes(range(256)),
    "only depth": b"[" * 200_000,
    "depth of objects": b'{"a":' * 200_000,
    "no cells": b'{"cells": 5, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
}
