"""`progress`: what is done and what is left, since the kernel started."""

from dataclasses import dataclass
from html import escape

from course.checking.visible import check
from course.exercises.catalogue import EXERCISES, LESSONS
from course.language import N_, _

WORDS = {
    "right": N_("done"),
    "noted": N_("noted, marked when you hand in"),
    "wrong": N_("not right yet"),
    "blank": N_("not written yet"),
    "": N_("not checked yet"),
}
SIGNS = {"right": "✓", "noted": "✓", "wrong": "✗", "blank": "…", "": "·"}


@dataclass(frozen=True)
class Progress:
    """A lesson's exercises with their states; a table in a notebook, lines in a terminal.

    rows : (lesson, exercise, state) in the order of the course
    """

    rows: tuple[tuple[str, str, str], ...]

    @property
    def summary(self) -> str:
        """How many are done."""
        done = sum(state in ("right", "noted") for _lesson, _name, state in self.rows)
        return _("{done} of {count} exercises done.").format(done=done, count=len(self.rows))

    def __repr__(self) -> str:
        width = max(len(name) for _lesson, name, _state in self.rows)
        lines = [f"{SIGNS[s]} {name:<{width}}  {_(WORDS[s])}" for _lesson, name, s in self.rows]
        return "\n".join([*lines, self.summary])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:center'>{SIGNS[state]}</td>"
            f"<td style='text-align:left'><code>{escape(name)}</code></td>"
            f"<td style='text-align:left'>{escape(_(WORDS[state]))}</td></tr>"
            for _lesson, name, state in self.rows
        )
        names = ("", _("Exercise"), _("State"))
        heads = "".join(f"<th style='text-align:left'>{name}</th>" for name in names)
        return (
            f"<table><caption style='text-align:left'>{escape(self.summary)}</caption>"
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        )


def progress(lesson: str | None = None) -> Progress:
    """What is done and what is left.

    lesson : as in "02_many_inputs"; without it, those checked since the kernel started, else all
    returns a Progress, which a notebook shows as a table
    raises ValueError if there is no such lesson
    """
    if lesson is not None and lesson not in LESSONS:
        raise ValueError(
            _("There is no lesson '{lesson}'. Lessons: {lessons}.").format(
                lesson=lesson, lessons=", ".join(LESSONS)
            )
        )
    touched = [key for key, ex in LESSONS.items() if any(e.name in check.states for e in ex)]
    lessons = [lesson] if lesson else touched or list(LESSONS)
    return Progress(tuple((key, e.name, _state(e.name)) for key in lessons for e in LESSONS[key]))


def _state(name: str) -> str:
    state = check.states.get(name, "")
    return "noted" if state == "right" and EXERCISES[name].kind != "code" else state
