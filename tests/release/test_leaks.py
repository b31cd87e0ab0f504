"""Is a leak found wherever it stands and however it is laid out, and is an honest text let be?"""

import base64
import gzip
import io
import json
import lzma
import py_compile
import tarfile
import zipfile

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

from course.release.leaks import find_leaks
from course.release.regions import Markers
from tests.foreign_course import code, markdown, notebook, solution, tested, write_source

SOLUTION = "return total / len(values)"
WHOLE = "total = 0\nfor value in values:\n    total = total + value\nreturn total / len(values)"
HIDDEN = 'assert mean([17]) == 17, "The mean of one number is that number."'
SCHEME = "1 point: says that one outlier pulls the mean along."
ANSWER = "The mean moves towards the outlier, while the median stays where most numbers are."
HONEST = "return largest - smallest  # the range, which is no exercise"


# Ways to put a text into a released notebook.


def in_cell(make):
    def plant(nb, text):
        nb.cells.append(make(text))

    return plant


def in_output(make):
    def plant(nb, text):
        nb.cells.append(new_code_cell("show()", outputs=[make(text)]))

    return plant


def in_cell_metadata(nb, text):
    nb.cells[0].metadata["note"] = {"deep": [{"inside": text}]}


def in_metadata_line_by_line(nb, text):
    nb.cells[0].metadata["backup"] = text.splitlines(keepends=True)


def in_metadata_key(nb, text):
    nb.cells[0].metadata[text] = True


def in_notebook_metadata(nb, text):
    nb.metadata["history"] = [text]


def in_widget_state(nb, text):
    state = {"abc": {"model_name": "HTMLModel", "state": {"value": f"<pre>{text}</pre>"}}}
    nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state}}


def in_attachment(nb, text):
    nb.cells[0]["attachments"] = {"a.txt": {"text/plain": packed(text)}}


def stream(text):
    return new_output("stream", name="stdout", text=f"first line\n{text}\nlast line\n")


def result(mime, wrap=str):
    return lambda text: new_output("display_data", data={mime: wrap(text)})


def traceback_in_colour(text):
    lines = ["\x1b[0;31mError\x1b[0m", f"\x1b[1;32m----> 5\x1b[0;31m     \x1b[0m{text}\x1b[0m"]
    return new_output("error", ename="Error", evalue="no", traceback=lines)


def error_value(text):
    return new_output("error", ename="Error", evalue=f"failed: {text}", traceback=[])


# Ways to disguise a text.


def packed(text):
    return base64.b64encode(text.encode()).decode()


def packed_in_lines(text):
    return base64.encodebytes((text + "\n" + "x" * 60).encode()).decode()


def zipped_and_packed(text):
    return base64.b64encode(gzip.compress(text.encode())).decode()


def in_colours(text):
    return "<div>" + " ".join(f'<span class="n">{word}</span>' for word in text.split()) + "</div>"


def indented(text):
    return "\n".join("        " + line for line in text.splitlines())


def commented_out(text):
    return "\n".join("# " + line for line in text.splitlines())


PLANTS = [
    ("a markdown cell", in_cell(new_markdown_cell), SOLUTION),
    ("a code fence", in_cell(new_markdown_cell), f"Like so:\n\n```python\n{WHOLE}\n```"),
    ("HTML entities", in_cell(new_markdown_cell), "<b>x</b> total&#61; total &plus; value"),
    ("a code cell", in_cell(new_code_cell), f"def average(values):\n    {SOLUTION}"),
    ("a raw cell", in_cell(new_raw_cell), HIDDEN),
    ("code indented further", in_cell(new_code_cell), indented(WHOLE)),
    ("code commented out", in_cell(new_code_cell), commented_out(WHOLE)),
    ("one line commented out", in_cell(new_code_cell), f"x = 1  ## {SOLUTION}"),
    ("lines joined", in_cell(new_code_cell), "a = 1; total = total + value; b = 2"),
    ("code without spaces", in_cell(new_code_cell), "ordered=sorted( values )"),
    ("code over lines", in_cell(new_code_cell), "return (\n  total\n  / len(\n  values,\n))"),
    ("code continued by backslashes", in_cell(new_code_cell), "return total \\\n  / len(values)"),
    ("other quotes", in_cell(new_code_cell), HIDDEN.replace('"', "'")),
    ("capital letters", in_cell(new_markdown_cell), ANSWER.upper()),
    ("invisible characters", in_cell(new_markdown_cell), "re\u200bturn\u00a0total/len(values)"),
    ("a rewrapped mark scheme", in_cell(new_markdown_cell), SCHEME[9:].replace(" ", "\n")),
    ("a written answer in part", in_cell(new_markdown_cell), f"Recall: {ANSWER}"),
    ("a printed line", in_output(stream), HIDDEN),
    ("a result", in_output(result("text/plain", repr)), WHOLE),
    ("an HTML output", in_output(result("text/html", in_colours)), SOLUTION),
    ("a JSON output", in_output(result("application/json", lambda t: {"a": [{"b": t}]})), SOLUTION),
    ("an image's bytes", in_output(result("image/png", lambda t: packed("PNG\0" + t))), SOLUTION),
    ("a coloured traceback", in_output(traceback_in_colour), SOLUTION),
    ("an error's message", in_output(error_value), HIDDEN),
    ("cell metadata", in_cell_metadata, SOLUTION),
    ("cell metadata line by line", in_metadata_line_by_line, WHOLE),
    ("a metadata key", in_metadata_key, SCHEME),
    ("notebook metadata", in_notebook_metadata, SCHEME),
    ("a widget's state", in_widget_state, SOLUTION),
    ("an attachment", in_attachment, ANSWER),
    ("base64 in metadata", in_cell_metadata, packed(WHOLE)),
    ("base64 in lines", in_cell(new_markdown_cell), packed_in_lines(WHOLE)),
    ("gzip in base64", in_cell(new_code_cell), f"run('{zipped_and_packed(WHOLE)}')"),
    ("hexadecimal digits", in_cell(new_code_cell), f"bytes.fromhex('{WHOLE.encode().hex()}')"),
    ("percent signs", in_cell(new_markdown_cell), "[see](x?q=return%20total/len%28values%29)"),
    ("escaped characters", in_cell(new_code_cell), r"'x\nreturn\x20total\u0020/len(values)\n'"),
    ("a begin marker", in_cell(new_code_cell), "### BEGIN SOLUTION"),
    ("an end marker", in_cell(new_markdown_cell), "### END MARK SCHEME"),
    ("a misspelt marker", in_cell(new_code_cell), "### BEGIN HIDDEN TEST"),
    ("a marker in small letters", in_cell(new_code_cell), "# end hidden tests"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("plant", "text"), [plant[1:] for plant in PLANTS], ids=[plant[0] for plant in PLANTS]
)
def test_a_notebook_leaks_through(course, plant, text):
    assert leaks_after(course, plant, text), text


@pytest.mark.parametrize(
    "plant",
    [plant[1] for plant in PLANTS if plant[1] is not in_attachment],
    ids=[plant[0] for plant in PLANTS if plant[1] is not in_attachment],
)
def test_an_honest_text_is_no_leak_in(course, plant):
    assert leaks_after(course, plant, HONEST) == []


HONEST_TEXTS = {
    "generic code": "import numpy as np\nvalues.sort()\nfor i in range(3):\n    pass\nreturn total",
    "names of the exercise": "Call `mean(values)`, then `median(values)`, and compare.",
    "the same words in another order": "Values: what is their total, and what their length?",
    "talk about solutions": "At the end, solutions are discussed. We begin: hidden tests are many.",
    "a hash": "The checksum is 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.",
    "an address": "https://example.org/a-rather-long-path/with-many-words/in_it/index.html?q=mean%20",
    "a formula": r"$\bar{x} = \frac{1}{n} \sum_i x_i$, and $x < y$ & so on",
}


@pytest.mark.parametrize("text", HONEST_TEXTS.values(), ids=HONEST_TEXTS)
def test_nothing_is_found_in(course, text):
    assert leaks_after(course, in_cell(new_markdown_cell), text) == []
    assert leaks_after(course, in_output(stream), text) == []


def test_the_released_course_has_no_leak(course):
    assert find_leaks(course / "source", course / "release") == []


@pytest.mark.parametrize("grade_id", ["mean", "hidden_median", "compare"])
def test_in_its_own_cell_even_a_short_line_is_a_leak(course, grade_id):
    short = {"mean": "total = 0", "hidden_median": "points = 0", "compare": ANSWER}[grade_id]

    def plant(nb, text):
        cell = named(nb, grade_id)
        cell.source = f"{cell.source}\n{text}"

    [leak] = leaks_after(course, plant, short)
    assert leak.grade_id == grade_id
    assert leaks_after(course, in_cell(new_code_cell), "points = 0") == []


def test_a_leak_says_where_it_is_and_what_to_do(course):
    [leak] = leaks_after(course, in_output(stream), SOLUTION)
    assert (leak.file, leak.cell, leak.grade_id, leak.where) == (
        "ps1/ps1.ipynb",
        14,
        None,
        "output",
    )
    assert str(leak) == (
        "ps1/ps1.ipynb, cell 14, output: shows solution text of "
        "source/ps1/ps1.ipynb, cell 4 (mean): `return total / len(values)`; "
        "delete it there, or name it in c.LeakGate.no_secret if learners may see it"
    )


def test_a_released_cell_is_named_by_its_grade_id(course):
    def plant(nb, text):
        named(nb, "check_mean").metadata["note"] = text

    [leak] = leaks_after(course, plant, HIDDEN)
    assert (leak.cell, leak.grade_id, leak.where) == (5, "check_mean", "metadata")


def test_another_lessons_secret_is_a_leak(course):
    secret = "spread = max(values) - min(values)"
    answer = f"def spread(values):\n    ### BEGIN SOLUTION\n    {secret}\n    ### END SOLUTION"
    write_source(course, "ps2", notebook(solution("spread", answer)))
    [leak] = leaks_after(course, in_cell(new_markdown_cell), f"Next time: `{secret}`.")
    assert "source/ps2/ps2.ipynb, cell 1 (spread)" in leak.what


# Neighbouring files.


def zip_of(name, data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def tar_of(name, data, mode="w:gz"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def notebook_of(text):
    return nbformat.writes(notebook(markdown("# Copy"), code(text))).encode()


FILES = {
    "a Python file": ("answers.py", str.encode),
    "a text file in UTF-16": ("notes.txt", lambda text: text.encode("utf-16")),
    "a text file in UTF-16 without a mark": ("notes.txt", lambda text: text.encode("utf-16-le")),
    "a file in Latin-1": ("notes.txt", lambda text: b"\xe9t\xe9\n" + text.encode()),
    "a JSON file": ("notes.json", lambda text: json.dumps({"a": text}).encode()),
    "a binary file": ("model.bin", lambda text: b"\x80\x04\x95" + text.encode() + b"\x00\xff"),
    "a checkpoint": (".ipynb_checkpoints/ps1-checkpoint.ipynb", notebook_of),
    "a second notebook": ("ps1-Copy1.ipynb", notebook_of),
    "a file in a folder": ("data/old/x.csv", str.encode),
    "a zip archive": ("a.zip", lambda text: zip_of("b.py", text)),
    "a zip archive in a zip archive": ("a.zip", lambda text: zip_of("b", zip_of("c.py", text))),
    "a notebook in a zip archive": ("a.zip", lambda text: zip_of("b.ipynb", notebook_of(text))),
    "a zip archive by another name": ("a.dat", lambda text: zip_of("b.py", text)),
    "a gzip file": ("a.py.gz", lambda text: gzip.compress(text.encode())),
    "a tar.gz archive": ("a.tar.gz", lambda text: tar_of("b.py", text.encode())),
    "a tar archive": ("a.tar", lambda text: tar_of("b.py", text.encode(), "w")),
    "an xz file": ("a.xz", lambda text: lzma.compress(text.encode())),
}


@pytest.mark.parametrize(("name", "data"), FILES.values(), ids=FILES)
def test_a_neighbour_leaks_as(course, name, data):
    write(course / "release/ps1" / name, data("# notes\n" + WHOLE))
    leaks = find_leaks(course / "source", course / "release")
    assert any("solution text" in leak.what for leak in leaks)
    assert leaks[0].file.startswith(f"ps1/{name}")


@pytest.mark.parametrize(("name", "data"), FILES.values(), ids=FILES)
def test_an_honest_neighbour_is_no_leak_as(course, name, data):
    write(course / "release/ps1" / name, data("# notes\n" + HONEST))
    assert find_leaks(course / "source", course / "release") == []


def compiled(folder):
    source = folder.parent / "answers.py"
    source.write_text("x = 1")
    py_compile.compile(str(source), cfile=str(folder / "answers.pyc"))


def linked(folder):
    (folder / "link.ipynb").symlink_to("../../source/ps1/ps1.ipynb")


def nested(folder):
    data = b"x"
    for _ in range(9):
        data = zip_of("a", data)
    write(folder / "a.zip", data)


def damaged(folder):
    write(folder / "a.zip", zip_of("b", "text" * 99)[:60])


def locked(folder):
    data = bytearray(zip_of("b", "text"))
    data[6] |= 1  # the flag "encrypted", in the member's header and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    write(folder / "a.zip", bytes(data))


def bomb(folder):
    write(folder / "a.gz", gzip.compress(bytes(70_000_000), compresslevel=1))


def in_a_7z_archive(folder):
    write(folder / "a.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 30)


UNREADABLE = {
    "compiled Python": (compiled, "compiled Python"),
    "a link": (linked, "is a link"),
    "archives in archives without end": (nested, "more than 5 deep"),
    "a damaged archive": (damaged, "damaged"),
    "an archive with a password": (locked, "password"),
    "a file that unpacks to an enormous one": (bomb, "unpacks to more than 64 MB"),
    "an archive of a kind that is not known": (in_a_7z_archive, "a 7z archive"),
}


@pytest.mark.parametrize(("plant", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_is_refused_that_is(course, plant, why):
    plant(course / "release/ps1")
    [leak] = find_leaks(course / "source", course / "release")
    assert why in leak.what


# What a course shows on purpose.


def source_with(
    course, *more, body="    width = max(values) - min(values)\n    return 3 * width + 7"
):
    answer = f"def spread(values):\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    write_source(course, "ps2", notebook(solution("spread", answer), *more))
    return course / "source"


def test_the_options_of_a_choice_may_stand_commented_out_beside_the_answer(course):
    options = "# return 'they are added'\n    # return 'they are concatenated'\n"
    answer = (
        f"def rule():\n    {options}    ### BEGIN SOLUTION\n"
        '    return "they are added"\n    ### END SOLUTION'
    )
    write_source(course, "ps2", notebook(solution("rule", answer)))
    assert leaks_after(course, in_cell(new_code_cell), f"def rule():\n    {options}") == []


def test_a_solution_line_that_the_lesson_gives_away_elsewhere_is_a_leak(course):
    shown = "width = max(values) - min(values)"
    source = source_with(course, code(shown))
    assert leaks_after(course, in_cell(new_code_cell), shown, source)


def test_an_import_that_the_lesson_shows_too_is_no_leak(course):
    shown = "from numbers.robust import trimmed, winsorised"
    body = f"    {shown}\n    return trimmed(values) - trimmed(values, 0.5)"
    assert leaks_after(course, in_cell(new_code_cell), shown, source_with(course, body=body))
    source = source_with(course, code(shown), body=body)
    assert leaks_after(course, in_cell(new_code_cell), shown, source) == []


def test_a_hidden_test_that_the_visible_check_repeats_is_a_leak(course):
    line = "assert spread([3, 1, 2]) == 13"
    hidden = f"### BEGIN HIDDEN TESTS\n{line}\n### END HIDDEN TESTS"
    source = source_with(
        course, tested("check_spread", line, 1), tested("hidden_spread", hidden, 1)
    )
    assert leaks_after(course, in_cell(new_code_cell), line, source)


def test_what_a_course_declares_to_be_no_secret_may_be_shown(course):
    path = course / "release/ps1/ps1.ipynb"
    nb = nbformat.read(path, as_version=4)
    nb.cells.append(new_code_cell(SOLUTION))
    nbformat.write(nb, path)
    assert find_leaks(course / "source", course / "release", no_secret=[SOLUTION]) == []


def test_a_course_may_have_markers_of_its_own(course):
    answer = f"def f(values):\n    # ANSWER\n    {SOLUTION} + 1\n    # QUESTION"
    write_source(course / "other", "ps2", notebook(solution("f", answer)))
    write(course / "release/ps1/x.txt", f"{SOLUTION} + 1\n# QUESTION".encode())
    markers = Markers(solution=("# ANSWER", "# QUESTION"))
    leaks = find_leaks(course / "other/source", course / "release", markers)
    assert [leak.what.split()[0] for leak in leaks] == ["the", "shows"]


def leaks_after(course, plant, text, source=None):
    """What the gate says of the released notebook after a text was planted in it."""
    path = course / "release/ps1/ps1.ipynb"
    before = path.read_bytes()
    nb = nbformat.reads(before.decode(), as_version=4)
    plant(nb, text)
    path.write_text(json.dumps(nb))
    leaks = find_leaks(source or course / "source", course / "release")
    path.write_bytes(before)
    return leaks


def named(nb, grade_id):
    return next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
