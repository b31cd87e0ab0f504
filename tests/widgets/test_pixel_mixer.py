"""The numbers of the pixel mixer are PyTorch's, and it says what it cannot show."""

import json
from base64 import b64decode

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d

from course.exercises.mistakes.one_by_one import matrices
from course.figures import PHOTO_CREDIT, load_photo
from course.widgets.pixel_mixer import PIXEL, PRESETS, PixelMixer, mix, sources
from course.widgets.stage import CannotShow

SEED = torch.Generator().manual_seed(4)
SEPIA = PRESETS["sepia"].reshape(3, 3, 1, 1)


def signed(*shape):
    return torch.randn(*shape, generator=SEED, dtype=torch.float64)


def picture(*shape):
    return torch.rand(*shape, generator=SEED, dtype=torch.float64)


def unpacked(text, kind, *shape):
    return torch.tensor(np.frombuffer(b64decode(text), kind).copy()).reshape(shape)


@pytest.mark.parametrize(("c_i", "c_o"), [(3, 3), (3, 2), (3, 1), (5, 4), (1, 1)])
def test_mix_is_conv2d_with_a_kernel_of_one_pixel(c_i, c_o):
    image, K = signed(c_i, 5, 7), signed(c_o, c_i, 1, 1)
    torch.testing.assert_close(mix(image, K), conv2d(image, K))
    torch.testing.assert_close(mix(image, K[:, :, 0, 0]), conv2d(image, K))


def test_the_wrong_reshape_mixes_three_neighbours_in_memory():
    image, K = signed(3, 4, 5), signed(2, 3, 1, 1)
    numbers = image.flatten().tolist()
    Y = mix(image, K, wrong=True)
    for o in range(2):
        for at in range(20):
            three = zip(K[o].flatten().tolist(), numbers[3 * at : 3 * at + 3], strict=True)
            assert float(Y[o].flatten()[at]) == pytest.approx(sum(k * x for k, x in three))


@pytest.mark.parametrize("wrong", [False, True])
def test_sources_say_where_each_number_comes_from(wrong):
    image = picture(3, 4, 5)
    moved = image.flatten()[sources(4, 5, wrong)]
    torch.testing.assert_close(moved, mix(image, torch.eye(3, dtype=torch.float64), wrong))


def test_the_presets_are_the_matrices_of_the_exercise():
    for name, matrix in matrices().items():
        torch.testing.assert_close(PRESETS[name].float(), matrix)
    torch.testing.assert_close(PRESETS["vivid"].sum(1), torch.ones(3, dtype=torch.float64))


def test_it_opens_on_the_photograph_in_sepia():
    mixer = PixelMixer()
    photo = load_photo(84)
    torch.testing.assert_close(unpacked(mixer.told["X"], "<f4", 3, 84, 126), photo)
    Y = conv2d(photo, SEPIA.float())
    torch.testing.assert_close(unpacked(mixer.told["Y"], "<f4", 3, 84, 126), Y)
    assert mixer.told["preset"] == "sepia"
    assert mixer.told["credit"] == PHOTO_CREDIT
    assert mixer.told["above"] == int((Y > 1 + 1e-6).sum()) > 0
    assert mixer.told["below"] == 0
    assert mixer.told["count"] == Y.numel()


def test_all_it_tells_is_plain_and_small():
    mixer = PixelMixer()
    assert json.loads(json.dumps(mixer.told, allow_nan=False)) == mixer.told
    assert len(json.dumps(mixer.told)) < 400_000


@pytest.mark.parametrize("K", [signed(2, 3, 1, 1), signed(1, 3), torch.tensor([[1, -2, 3]])])
def test_it_takes_any_kernel_of_one_pixel(K):
    image = picture(3, 4, 5)
    told = PixelMixer(image, K).told
    Y = conv2d(image, K.double().reshape(-1, 3, 1, 1))
    torch.testing.assert_close(unpacked(told["Y"], "<f4", *Y.shape), Y.float())
    assert told["matrix"] == K.reshape(-1, 3).tolist()
    low, high = told["ends"]
    assert low <= min(0, Y.min()) + 1e-6
    assert high >= max(1, Y.max()) - 1e-6


def test_it_takes_a_learners_tensors_with_gradients_and_leaves_them():
    image, K = picture(3, 4, 5).requires_grad_(), signed(3, 3).requires_grad_()
    before = image.detach().clone(), K.detach().clone()
    PixelMixer(image, K)
    assert torch.equal(image, before[0])
    assert torch.equal(K, before[1])


def test_it_answers_each_matrix_that_is_asked():
    mixer = PixelMixer()
    K = signed(2, 3)
    mixer.asked = {"matrix": K.tolist(), "wrong": False, "n": 1}
    Y = conv2d(load_photo(84).double(), K.reshape(2, 3, 1, 1))
    assert mixer.told["n"] == 1
    torch.testing.assert_close(unpacked(mixer.told["Y"], "<f4", 2, 84, 126), Y.float())
    assert mixer.told["preset"] == ""
    mixer.asked = {"matrix": K.tolist(), "wrong": True, "n": 2}
    wrong = mix(load_photo(84).double(), K, wrong=True)
    torch.testing.assert_close(unpacked(mixer.told["Y"], "<f4", 2, 84, 126), wrong.float())
    places = unpacked(mixer.told["sources"], "<i4", 3, 84, 126)
    assert torch.equal(places.flatten(1).T.flatten(), torch.arange(3 * 84 * 126).int())


def test_a_weight_beyond_the_limit_is_refused_and_the_picture_stays():
    mixer = PixelMixer()
    shown = mixer.told["Y"]
    mixer.asked = {"matrix": [[1, 0, 0], [0, 1, 0], [0, 25, 1]], "wrong": False, "n": 1}
    assert mixer.told["problem"] == "K[2, 1] is 25, but weights go from -10 to 10 here."
    assert mixer.told["Y"] == shown


@pytest.mark.parametrize(
    ("image", "K", "sentence"),
    [
        ([1.0], None, "image must be a tensor, not list: torch.tensor(image) makes one."),
        (picture(4, 5), None, "image has shape (4, 5), but this picture needs (c, h, w)."),
        (picture(1, 4, 5), None, "image has shape (1, 4, 5), but red, green and blue need (3, h"),
        (picture(4, 5, 3), None, "The channels of image are last: image.permute(2, 0, 1) puts"),
        (255 * torch.ones(3, 4, 5), None, "image goes from 255 to 255, but a picture goes from 0"),
        (-picture(3, 4, 5), None, "Bytes are divided by 255."),
        (torch.full((3, 2, 2), torch.nan), None, "image[0, 0, 0] is nan, but pictures need finite"),
        (torch.zeros(3, 0, 4), None, "image has shape (3, 0, 4): there is nothing to draw."),
        (torch.zeros(3, 427, 640), None, "image has 273280 pixels, but there is room for 24000"),
        (None, 3, "K must be a tensor, not int: torch.tensor(K) makes one."),
        (None, signed(2, 4, 1, 1), "K has shape (2, 4, 1, 1), but mixing red, green and blue"),
        (None, signed(2, 3, 3, 3), "K has shape (2, 3, 3, 3), but mixing red, green and blue"),
        (None, torch.ones(4, 3), "K has 4 output channels, but a picture shows at most 3."),
        (None, torch.full((1, 3), torch.inf), "K[0, 0] is inf, but pictures need finite numbers."),
        (None, torch.tensor([[0, -11, 0]]), "K[0, 1] is -11, but weights go from -10 to 10 here."),
    ],
)
def test_what_it_cannot_show_is_said_in_one_sentence(image, K, sentence):
    with pytest.raises(CannotShow) as refusal:
        PixelMixer(image, K)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_still_picture_holds_the_numbers_of_the_pixel():
    picture = PixelMixer().still()
    i, j = PIXEL
    assert f"X[:, {i}, {j}]: 0.73 0.4 0.21" in picture.alt
    assert f"Y[:, {i}, {j}]: 0.63 0.56 0.44" in picture.alt
    assert picture.pixels[0] > 400


def test_the_still_picture_credits_only_the_photograph_that_it_shows():
    def words(mixer):
        return [text.get_text() for text in mixer.still().axes[0].texts]

    assert PHOTO_CREDIT in words(PixelMixer())
    own = words(PixelMixer(picture(3, 20, 30), SEPIA[:2], credit="Photo: my own"))
    assert "Photo: my own" in own
    assert PHOTO_CREDIT not in own
    assert PHOTO_CREDIT not in words(PixelMixer(picture(3, 20, 30), credit=None))
