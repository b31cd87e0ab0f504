"""The pixel mixer: one matrix for every pixel of a picture, and what a wrong reshape does to it."""

from collections.abc import Sequence
from math import ceil, floor
from typing import ClassVar

import torch
from torch import Tensor

from course.exercises.arithmetic import mix_channels
from course.exercises.given import SEPIA
from course.exercises.mistakes.one_by_one import reshapes_to_pixels
from course.figures import PHOTO_CREDIT, Picture, draw_maps, draw_one_by_one, load_photo
from course.figures.inputs import at_most, numbers_of
from course.language import N_, _
from course.widgets.stage import Asked, Stage, Told, packed, refusing

HEIGHT, PIXEL = 84, (52, 39)
"""The height of the photograph, and its pixel at the opening: an orange tile of the roof."""

MOST_PIXELS, MOST_OUTPUTS, MOST_WEIGHT = 24_000, 3, 10
DUST = 1e-6
"""What rounding may add to a number that is exactly 0 or 1 on paper."""

PRESETS = {
    "identity": torch.eye(3, dtype=torch.float64),
    "grey": torch.full((3, 3), 1 / 3, dtype=torch.float64),
    "sepia": torch.tensor(SEPIA, dtype=torch.float64),
    "swap": torch.eye(3, dtype=torch.float64).flip(0),
    "vivid": 1.5 * torch.eye(3, dtype=torch.float64) - 0.25 * (1 - torch.eye(3)),
}
"""Matrices to begin with: a row for each new colour, a column for each old one."""


def mix(image: Tensor, K: Tensor, wrong: bool = False) -> Tensor:
    """Mix the channels of every pixel by one matrix.

    image : (c_i, h, w)
    K : (c_o, c_i, 1, 1) or (c_o, c_i), of the dtype of the image
    wrong : True for the known mistake, `image.reshape(h * w, c_i)` in place of permuting
    returns (c_o, h, w)

    >>> image = torch.arange(6.0).reshape(3, 1, 2)
    >>> mix(image, torch.eye(3)).flatten(1).T.tolist()
    [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
    >>> mix(image, torch.eye(3), wrong=True).flatten(1).T.tolist()
    [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    >>> mix(torch.ones(3, 5, 7), torch.ones(2, 3, 1, 1)).shape
    torch.Size([2, 5, 7])
    """
    kernels = K.reshape(*K.shape[:2], 1, 1)
    return reshapes_to_pixels(image, kernels) if wrong else mix_channels(image, kernels)


def sources(h: int, w: int, wrong: bool = False) -> Tensor:
    """Which numbers of the picture meet in a pixel, counted from 0 in the order of memory.

    h, w : of a picture (3, h, w)
    returns whole numbers (3, h, w), the place of red, green and blue in picture.flatten()

    >>> sources(2, 3)[:, 0, 0], sources(2, 3, wrong=True)[:, 0, 0]
    (tensor([ 0,  6, 12]), tensor([0, 1, 2]))
    """
    places = torch.arange(3.0 * h * w, dtype=torch.float64).reshape(3, h, w)
    return mix(places, PRESETS["identity"], wrong).round().long()


class PixelMixer(Stage):
    """A pixel of a photograph, a matrix that mixes its channels, and the whole mixed picture.

    image : (3, h, w), red, green and blue in 0..1, at most 24 000 pixels; the course's photograph
        if not given
    K : (c_o, 3, 1, 1) or (c_o, 3), with c_o from 1 to 3, weights from -10 to 10; sepia if not given
    credit : a line below the picture; None for one that is not made from the course's photograph
    raises CannotShow, a ValueError, with one sentence if they do not fit

    >>> mixer = PixelMixer(K=torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]))
    >>> mixer.told["shape"], mixer.told["matrix"]
    ([84, 126], [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    """

    NAME = N_("Pixel mixer")
    WORDS: ClassVar = {
        "outputs": N_("Output channels"),
        "start": N_("Begin with"),
        "identity": N_("No change"),
        "grey": N_("Grey"),
        "sepia": N_("Sepia"),
        "swap": N_("Swap red and blue"),
        "vivid": N_("Vivid"),
        "wrong": N_("Wrong reshape"),
        "channel_0": N_("red"),
        "channel_1": N_("green"),
        "channel_2": N_("blue"),
        "new_0": N_("new red"),
        "new_1": N_("new green"),
        "new_2": N_("new blue"),
        "grey_map": N_("grey"),
        "map": N_("map {o}"),
        "photo": N_("X, the picture. Arrow keys choose a pixel; with Shift, ten pixels further."),
        "mixed": N_("Y, the mixed picture"),
        "table": N_("The numbers of the pixel, rounded to three digits after the point"),
        "weight": N_("{output}: weight of {input}"),
        "weight_help": N_("Type a number, press the up and down keys, or drag to the side."),
        "hint": N_("Click the picture to choose a pixel. Drag a weight to the side."),
        "not": N_("not {name}"),
        "at": N_("row {i}, column {j}"),
        "sum": N_("sum of the products"),
        "colour": N_("colour"),
        "now_3": N_(
            "Row {i}, column {j}: red {x0}, green {x1}, blue {x2} "
            "become red {y0}, green {y1}, blue {y2}."
        ),
        "now_2": N_(
            "Row {i}, column {j}: red {x0}, green {x1}, blue {x2} become {y0} in map 0 "
            "and {y1} in map 1."
        ),
        "now_1": N_("Row {i}, column {j}: red {x0}, green {x1}, blue {x2} become grey {y0}."),
        "wrong_now": N_(
            "The pixel at row {i}, column {j} is made of {from0} from {place0}, "
            "{from1} from {place1} and {from2} from {place2}."
        ),
        "why_wrong": N_(
            "The wrong reshape leaves the numbers in the order of memory, all of red first, "
            "so three neighbours of one channel become the red, green and blue of one pixel."
        ),
        "shown_as": N_("shown as {end}"),
        "above": N_(
            "Numbers above 1: {above} of {count}. "
            "The picture shows them as 1, the bars as they are."
        ),
        "below": N_(
            "Numbers below 0: {below} of {count}. "
            "The picture shows them as 0, the bars as they are."
        ),
        "both": N_(
            "Numbers above 1: {above} of {count}. Numbers below 0: {below}. "
            "The picture shows them as 1 and 0, the bars as they are."
        ),
        "inside": N_("All {count} numbers of Y are from 0 to 1, as a picture needs them."),
        "note_1": N_("One output channel is a grey picture: 0 is black, 1 is white."),
        "note_2": N_("Two output channels are two grey maps: 0 is black, 1 is white."),
        "note_3": N_("Three output channels are shown as red, green and blue."),
    }

    def __init__(
        self,
        image: Tensor | None = None,
        K: Tensor | None = None,
        credit: str | None = PHOTO_CREDIT,
    ) -> None:
        with refusing():
            matrix = PRESETS["sepia"] if K is None else matrix_of(K)
            self.image = load_photo(HEIGHT).double() if image is None else picture_of(image)
        h, w = self.image.shape[1:]
        self.pixel = PIXEL if image is None else (h // 2, w // 2)
        self.credit = credit
        super().__init__({"matrix": matrix.tolist(), "wrong": False})

    def answer(self, asked: Asked) -> Told:
        """The mixed picture, and all that describes it, for the matrix that the learner chose."""
        matrix = matrix_of(torch.tensor(asked["matrix"], dtype=torch.float64))
        h, w = self.image.shape[1:]
        Y = mix(self.image, matrix, asked["wrong"])
        low, high = float(Y.min()), float(Y.max())
        return {
            "shape": [h, w],
            "pixel": list(self.pixel),
            "X": packed(self.image, "<f4"),
            "Y": packed(Y, "<f4"),
            "sources": packed(sources(h, w, True), "<i4") if asked["wrong"] else "",
            "wrong": asked["wrong"],
            "matrix": matrix.tolist(),
            "most": MOST_WEIGHT,
            "presets": {name: preset.tolist() for name, preset in PRESETS.items()},
            "preset": preset_of(matrix),
            "ends": bar_ends(low, high),
            "below": int((Y < -DUST).sum()),
            "above": int((Y > 1 + DUST).sum()),
            "count": Y.numel(),
            "credit": _(self.credit) if self.credit else "",
        }

    def still(self) -> Picture:
        """The pixel and the picture as they open."""
        matrix = torch.tensor(self.told["matrix"])
        if self.credit == PHOTO_CREDIT:
            return draw_one_by_one(self.image, matrix, *self.pixel)
        # The other picture names the photographer of the course, which would be wrong here.
        old = [_(self.WORDS[f"channel_{c}"]) for c in range(3)]
        new = [f"Y[{o}]" for o in range(len(matrix))]
        maps = torch.cat((self.image, mix(self.image, matrix.double())))
        return draw_maps(maps, titles=old + new, credit=self.credit)


def picture_of(image: Tensor) -> Tensor:
    """The image that a learner gave, as float64 (3, h, w).

    raises TypeError or ValueError with one sentence if it cannot be shown

    >>> picture_of(torch.ones(3, 5, 7)).shape
    torch.Size([3, 5, 7])
    """
    values = numbers_of(image, "image", (3,))
    shape = tuple(values.shape)
    if shape[0] != 3:
        if shape[2] == 3:
            hint = _("The channels of image are last: image.permute(2, 0, 1) puts them first.")
            raise ValueError(hint)
        raise ValueError(
            _("image has shape {shape}, but red, green and blue need (3, h, w).").format(
                shape=shape
            )
        )
    at_most(
        shape[1] * shape[2],
        MOST_PIXELS,
        _("image has {count} pixels, but there is room for {most}: load_photo(84) is one."),
    )
    if values.min() < 0 or values.max() > 1:
        raise ValueError(
            _(
                "image goes from {low:g} to {high:g}, but a picture goes from 0 to 1. "
                "Bytes are divided by 255."
            ).format(low=values.min(), high=values.max())
        )
    return torch.tensor(values)


def matrix_of(K: Tensor) -> Tensor:
    """The kernel that a learner gave, as float64 (c_o, 3).

    raises TypeError or ValueError with one sentence if it cannot be shown

    >>> matrix_of(torch.ones(2, 3, 1, 1)).shape
    torch.Size([2, 3])
    """
    values = numbers_of(K, "K", (2, 4))
    if values.shape[1:] not in ((3,), (3, 1, 1)):
        raise ValueError(
            _("K has shape {shape}, but mixing red, green and blue needs (c_o, 3, 1, 1).").format(
                shape=tuple(values.shape)
            )
        )
    sentence = _("K has {count} output channels, but a picture shows at most {most}.")
    at_most(len(values), MOST_OUTPUTS, sentence)
    matrix = torch.tensor(values).flatten(1)
    large = (matrix.abs() > MOST_WEIGHT).nonzero()
    if len(large):
        o, c = large[0].tolist()
        raise ValueError(
            _("K[{o}, {c}] is {value:g}, but weights go from {low} to {high} here.").format(
                o=o, c=c, value=float(matrix[o, c]), low=-MOST_WEIGHT, high=MOST_WEIGHT
            )
        )
    return matrix


def preset_of(matrix: Tensor) -> str:
    """The name of the preset that a matrix is, or nothing.

    >>> preset_of(torch.eye(3).flip(0)), preset_of(torch.eye(3)[:2])
    ('swap', '')
    """
    for name, preset in PRESETS.items():
        if matrix.shape == preset.shape and torch.allclose(matrix.double(), preset):
            return name
    return ""


def bar_ends(low: float, high: float) -> Sequence[float]:
    """Where the bars of Y begin and end, so that they fit at every pixel: halves, around 0..1.

    >>> bar_ends(-0.2, 1.31), bar_ends(0.1, 0.9)
    ([-0.5, 1.5], [0.0, 1.0])
    """
    return [min(floor((low + DUST) * 2) / 2, 0.0), max(ceil((high - DUST) * 2) / 2, 1.0)]
