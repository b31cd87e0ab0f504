"""The bug lab: paint X and K until a wrong function and the truth part."""

from collections.abc import Sequence
from itertools import starmap
from math import prod
from typing import Any, ClassVar

import torch
from torch import Tensor

from course.checking.calling import TookTooLong
from course.exercises.exercise import Function, Mistake
from course.figures import Picture
from course.figures.numbers import short
from course.figures.page import Page
from course.figures.palette import role_of
from course.language import N_, _
from course.widgets.bug_choice import exercise_of, find_bug, last_named
from course.widgets.bug_panels import in_words, outputs, panel, place_panel
from course.widgets.easel import Easel, Painting, most, smallest
from course.widgets.exposing import Meeting, Shape, confront, nature
from course.widgets.stage import Asked, Stage, Told
from course.widgets.their_function import name_of, what_it_raised

OWN = "your function"
"""The key of the learner's own function, beside the names of the known mistakes."""

BRUSHES = (-2, -1, 0, 1, 2, 3)
LARGEST = 999.0

BEST: dict[tuple[str, str], tuple[int, int]] = {}
"""The smallest exposing input of each exercise and bug: painted cells, and cells in all."""

NATURES = {
    "inputs": N_("This bug gives right values. It changes what it is given: watch the inputs."),
    "gradient": N_("This bug gives right values. It stops gradients, whatever you paint."),
}
"""What to watch where no value ever differs."""


class BugLab(Stage):
    """A wrong function against the truth: paint the tensors until the two part.

    bug : the name of a known mistake, or a Mistake; without it, the one that `check` has just named
    exercise : the name of the exercise that the bug belongs to
    f : the learner's own function, put against the truth in place of a known bug
    raises CannotShow, a ValueError, with one sentence if there is nothing to paint

    >>> lab = BugLab("averages channels")
    >>> lab.told["score"], lab.told["verdict"]["by"]
    ([0, 26], '')
    """

    NAME = N_("Bug lab")
    WORDS: ClassVar = {
        "bug": N_("Bug"),
        "reveal": N_("What is wrong with it?"),
        "brush": N_("Brush"),
        "help": N_("Click or drag to paint, or press the space bar. Or just type a number."),
        "brush_of": N_("Paint with {value}"),
        "clear": N_("Clear"),
        "show_one": N_("Show me one"),
        "sizes": N_("Sizes"),
        "whole": N_("{name} in whole numbers"),
        "truth": N_("The truth"),
        "difference": N_("Difference"),
        "differs": N_("{cell}, differs"),
        "painted": N_("Painted now"),
        "best": N_("Your smallest"),
        "least": N_("Smallest we know"),
        "of_cells": N_("of {cells} cells"),
        "none_yet": N_("none yet"),
        "found": N_("Found"),
        "not_yet": N_("Not yet"),
        "as_small": N_("As small as the smallest we know. Well done!"),
        "smaller": N_("Smaller than the smallest we knew. Well done!"),
        "go_on": N_("Now with fewer painted cells, or smaller sizes?"),
        "zeros_do": N_("It needs no painted cell at all. Does it show with smaller sizes?"),
        "was_shown": N_("This one was shown to you, so it does not count. Paint one of your own."),
        "said": N_("{state}: {sentence}"),
    }

    def __init__(
        self,
        bug: str | Mistake | None = None,
        *,
        exercise: str | None = None,
        f: Function | None = None,
    ) -> None:
        self.f = f
        self.own_best: tuple[int, int] | None = None
        self.shown: set[str] = set()
        self.endless: dict[tuple[int, ...], Meeting] = {}
        if f is not None:
            self.exercise = exercise_of(bug, exercise, f)
            key, note, revealed = OWN, "", False
        elif bug is None:
            self.exercise, mistake, note, revealed = last_named(exercise)
            key = mistake.name
        else:
            self.exercise, mistake = find_bug(bug, exercise)
            key, note, revealed = mistake.name, "", False
        self.easel = Easel(self.exercise)
        self.note = note
        shapes = self.easel.shapes(self.easel.sizes)
        super().__init__(
            {
                "bug": key,
                "own": OWN,
                "sizes": self.easel.sizes,
                "values": [[0.0] * prod(shape or ()) for shape in shapes],
                "shapes": [list(shape or ()) for shape in shapes],
                "whole": [],
                "revealed": [key] if revealed else [],
            }
        )

    def answer(self, asked: Asked) -> Told:
        """Both outputs for what is painted, what parts them, and the score."""
        key = asked["bug"]
        mistake = next((m for m in self.exercise.mistakes if m.name == key), None)
        # The search takes up to a second, so it waits for a browser, which asks as it opens.
        least = smallest(self.exercise, mistake) if mistake and "n" in asked else None
        painting = least if asked.get("show") and least else self.painted(asked)
        if asked.get("show"):
            self.shown.add(key)
        # What was shown stays shown, whatever the next question is about.
        shown = painting == least and key in self.shown
        arguments = self.easel.arguments(painting.sizes, painting.values, painting.whole)
        meeting = self.meet(mistake, arguments)
        score = (painting.painted, painting.cells)
        if meeting.by and not shown and not meeting.answer.not_written:
            self.keep_best(key, score)
        name = name_of(self.f) if self.f and not mistake else _("The bug")
        return {
            "exercise": self.exercise.name,
            "call": self.exercise.signature,
            "bugs": self.bugs(asked["revealed"]),
            "bug": key,
            "own": OWN,
            "name": name,
            "note": self.note,
            "nature": _(NATURES.get(nature(self.exercise, mistake), "")) if mistake else "",
            "sentence": _(mistake.sentence) if mistake else "",
            "revealed": asked["revealed"],
            "brushes": list(BRUSHES),
            "inputs": self.inputs(arguments),
            "values": [list(row or ()) for row in painting.values],
            "shapes": [list(shape or ()) for shape in self.easel.shapes(painting.sizes)],
            "sizes": painting.sizes,
            "counters": self.easel.tops(painting.sizes),
            "whole": list(painting.whole),
            "can_be_whole": [[p, self.exercise.parameters[p]] for p in self.easel.whole],
            **outputs(self.exercise, meeting, arguments, name, self.raised(meeting, mistake)),
            "score": list(score),
            "best": self.best(key),
            "least": [least.painted, least.cells] if least else None,
            "shown": shown,
        }

    def painted(self, asked: Asked) -> Painting:
        """What the learner has painted, cut or filled up with zeros to the sizes chosen.

        raises ValueError with one sentence for numbers that cannot be painted
        """
        sizes = self.easel.fitted(
            {label: min(max(int(size), 1), most(label)) for label, size in asked["sizes"].items()}
        )
        whole = tuple(p for p in asked["whole"] if p in self.easel.whole)
        values: list[tuple[float, ...] | None] = []
        for p, shape in enumerate(self.easel.shapes(sizes)):
            if shape is None:
                values.append(None)
                continue
            numbers = torch.tensor(asked["values"][p], dtype=torch.float64)
            numbers = resized(numbers.reshape(asked["shapes"][p]), shape)
            if not (numbers.abs() <= LARGEST).all():
                raise ValueError(
                    _("Paint numbers from {low} to {high}.").format(
                        low=short(-LARGEST), high=short(LARGEST)
                    )
                )
            if p in whole and not (numbers == numbers.round()).all():
                raise ValueError(
                    _("{name} holds whole numbers only. Change the others first.").format(
                        name=self.exercise.parameters[p]
                    )
                )
            values.append(tuple(numbers.flatten().tolist()))
        return Painting(sizes, tuple(values), whole)

    def meet(self, mistake: Mistake | None, arguments: tuple[Any, ...]) -> Meeting:
        """Call the truth and the function; a loop without end only once for the same sizes."""
        if mistake:
            gradient = nature(self.exercise, mistake) == "gradient"
            return confront(self.exercise, mistake.wrong, arguments, gradient=gradient)
        assert self.f is not None
        sizes = tuple(n for a in arguments if isinstance(a, Tensor) for n in a.shape)
        if sizes in self.endless:
            return self.endless[sizes]
        gradient = self.exercise.gradient and all(
            a.is_floating_point() for a in arguments if isinstance(a, Tensor)
        )
        meeting = confront(self.exercise, self.f, arguments, gradient=gradient)
        if isinstance(meeting.answer.error, TookTooLong):
            self.endless[sizes] = meeting
        return meeting

    def keep_best(self, key: str, score: tuple[int, int]) -> None:
        """Remember a score if it is the smallest so far."""
        if key == OWN:
            self.own_best = min(score, self.own_best or score)
        else:
            place = (self.exercise.name, key)
            BEST[place] = min(score, BEST.get(place, score))

    def best(self, key: str) -> list[int] | None:
        """The smallest score so far, or None."""
        found = self.own_best if key == OWN else BEST.get((self.exercise.name, key))
        return list(found) if found else None

    def bugs(self, revealed: Sequence[str]) -> list[list[Any]]:
        """What can be chosen: key, title and best score. A bug has no name until it is revealed."""
        listed = [[OWN, name_of(self.f), self.best(OWN)]] if self.f else []
        for number, mistake in enumerate(self.exercise.mistakes, start=1):
            title = _("Bug {number}: {name}") if mistake.name in revealed else _("Bug {number}")
            title = title.format(number=number, name=mistake.name)
            listed.append([mistake.name, title, self.best(mistake.name)])
        return listed

    def raised(self, meeting: Meeting, mistake: Mistake | None) -> str:
        """The exception of the function in words, the learner's own as theirs."""
        error = meeting.answer.error
        if error is None:
            return ""
        if self.f and not mistake:
            return what_it_raised(self.f, meeting.answer)
        return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__

    def inputs(self, arguments: Sequence[Any]) -> list[Told]:
        """The tensors to paint, each with its tiles."""
        return [
            {"name": name, "role": role_of(name).letter.lower(), "position": p}
            | panel(argument, name)
            for p, (name, argument) in enumerate(
                zip(self.exercise.parameters, arguments, strict=True)
            )
            if isinstance(argument, Tensor)
        ]

    def still(self) -> Picture:
        """The tensors and both outputs, as the lab opens."""
        page, told, bottom = Page(), self.told, 0.0
        inputs = [(one["name"], one) for one in told["inputs"]]
        results = [(_("The truth"), told["truth"]), (told["name"], told["answer"])]
        for line in (inputs, results):
            x, y = 0.0, bottom and bottom + 1.2
            for title, one in line:
                right, low = place_panel(page, x, y, title, one)
                x, bottom = right + 1.6, max(bottom, low)
        shown = [told["verdict"]["sentence"], *starmap(in_words, inputs + results)]
        return page.finish(f"{told['call']}. {' '.join(shown)}")


def resized(numbers: Tensor, shape: Shape) -> Tensor:
    """The tensor cut, or filled up with zeros, to a shape with as many axes.

    >>> resized(torch.ones(2, 3), (3, 2)).tolist()
    [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]
    """
    made = torch.zeros(shape, dtype=numbers.dtype)
    both = tuple(slice(0, min(old, new)) for old, new in zip(numbers.shape, shape, strict=True))
    made[both] = numbers[both]
    return made
