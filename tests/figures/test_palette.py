"""The colours can be told apart, in print and by every eye."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from course.figures.palette import (
    NEGATIVE,
    PAPER,
    QUIET,
    ROLES,
    TEXT,
    ZERO,
    colour_of,
    contrast,
    luminance,
    photo_scale,
    text_on,
)

STEPS = np.linspace(0, 1, 41)

# Distance in OKLab, four times what can just be seen.
CLEAR = 0.08

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
EYES = {
    "all cones": np.eye(3),
    "no red cones": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green cones": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue cones": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def lab(colour, eye):
    """OKLab coordinates of a colour as an eye sees it (Ottosson 2020)."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(EYES[eye]) @ linear, 0, 1)
    to_cones = [
        [0.4122, 0.5363, 0.0514],
        [0.2119, 0.6807, 0.1074],
        [0.0883, 0.2817, 0.6300],
    ]
    to_lab = [
        [0.2105, 0.7936, -0.0041],
        [1.9780, -2.4286, 0.4506],
        [0.0259, 0.7828, -0.8087],
    ]
    return np.array(to_lab) @ np.cbrt(np.array(to_cones) @ seen)


def apart(one, other, eye):
    """The distance of two colours in OKLab as an eye sees them."""
    return np.linalg.norm(lab(one, eye) - lab(other, eye))


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.letter)
class TestScale:
    @pytest.mark.parametrize("sign", [1, -1])
    def test_a_larger_value_is_darker_in_greyscale(self, role, sign):
        greys = [luminance(colour_of(sign * step, 1.0, role)) for step in STEPS]
        assert all(a > b for a, b in itertools.pairwise(greys))

    def test_the_scale_without_numbers_rises_from_negative_to_positive_in_greyscale(self, role):
        greys = [luminance(photo_scale(role)(step)[:3]) for step in STEPS]
        assert all(a < b for a, b in itertools.pairwise(greys))

    def test_zero_is_neutral(self, role):
        assert colour_of(0.0, 5.0, role) == to_rgb(ZERO)
        assert max(to_rgb(ZERO)) - min(to_rgb(ZERO)) < 0.02

    def test_a_tensor_of_zeros_has_a_colour(self, role):
        assert colour_of(0.0, 0.0, role) == to_rgb(ZERO)

    @pytest.mark.parametrize("eye", EYES)
    def test_plus_and_minus_look_different_to_every_eye(self, role, eye):
        assert apart(colour_of(1, 1, role), colour_of(-1, 1, role), eye) > CLEAR

    def test_numbers_are_readable_on_every_cell(self, role):
        cells = [colour_of(value, 1.0, role) for value in np.linspace(-1, 1, 81)]
        assert min(contrast(text_on(cell), cell) for cell in cells) >= 4.5

    def test_words_are_readable_on_paper(self, role):
        assert contrast(role.ink, PAPER) > 4.5


@pytest.mark.parametrize("eye", EYES)
def test_the_three_colours_look_different_to_every_eye(eye):
    for one, other in itertools.combinations(ROLES, 2):
        assert apart(one.fill, other.fill, eye) > CLEAR


def test_the_three_colours_differ_in_greyscale():
    greys = sorted(luminance(role.fill) for role in ROLES)
    assert all(b - a > 0.08 for a, b in itertools.pairwise(greys))


def test_labels_are_readable_on_paper():
    assert all(contrast(colour, PAPER) > 4.5 for colour in (TEXT, QUIET, NEGATIVE))
