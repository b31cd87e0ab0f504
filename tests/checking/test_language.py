"""Every sentence that a learner reads can be translated."""

import gettext
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course import check, hint, language, progress
from course.exercises.catalogue import EXERCISES
from tests.exercises.lesson_cells import exercise_cells

ROOT = Path(__file__).parents[2]


class Marked(gettext.NullTranslations):
    """A language in which every sentence stands in brackets, its placeholders kept."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"


@pytest.fixture(autouse=True)
def bracket_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "catalogue", Marked)


def told(name: str, function: Callable[..., Any]) -> str:
    cells = exercise_cells(name)
    try:
        cells.run_check(function)
    except AssertionError as error:
        return str(error)
    except Exception as error:
        return "\n".join(error.__notes__)
    return cells.run_hidden(function).report


@pytest.mark.parametrize("name", EXERCISES)
def test_every_line_of_every_message_is_translated(name: str) -> None:
    for mistake in EXERCISES[name].mistakes:
        for line in told(name, mistake.wrong).splitlines():
            assert line.count("⟦") == line.count("⟧") > 0, line


def test_hints_and_progress_are_translated(capsys: pytest.CaptureFixture[str]) -> None:
    hint.given.clear()
    hint("corr2d_multi_in")
    assert capsys.readouterr().out.startswith("⟦Hint 1 of 3: ⟦")
    assert repr(progress("02_many_inputs")).endswith("exercises done.⟧")


def test_success_is_translated(capsys: pytest.CaptureFixture[str]) -> None:
    cells = exercise_cells("corr2d_multi_in")
    check.__call__  # noqa: B018 - the object that the lesson imports
    exec(cells.check, {**cells.before, "corr2d_multi_in": cells.define()})
    assert "⟦corr2d_multi_in is right: ⟦values⟧" in capsys.readouterr().out


def test_the_template_for_translators_holds_every_sentence() -> None:
    template = (ROOT / "course" / "locale" / "course.pot").read_text()
    one_line = template.replace('"\n"', "")
    lost = [
        sentence
        for exercise in EXERCISES.values()
        for sentence in (*exercise.hints, *(m.sentence for m in exercise.mistakes))
        if sentence.replace('"', '\\"') not in one_line
    ]
    assert not lost, "run `make messages` and commit course/locale/course.pot"
