"""The lenses of what rebuilds pictures: closed forms on models of a few lines."""

import math

import numpy as np
import pytest
from PIL import Image

from core.errors import LoupeError
from core.lenses.code_grid import code_grid
from core.lenses.codebook_usage import codebook_usage, perplexity
from core.lenses.denoise import denoise
from core.lenses.gumbel_softmax import TEMPERATURES, gumbel_softmax, softmax
from core.lenses.ladder import ladder
from core.lenses.mask_leaning import mask_leaning
from core.lenses.masked_reconstruction import masked_reconstruction, pattern_of
from core.lenses.reconstruction import reconstruction
from core.lenses.vae_interpolation import slerp, vae_interpolation
from core.lenses.vae_latents import divergence, vae_latents
from core.lenses.vae_map import SIDE as CELLS
from core.lenses.vae_map import TILE, cell_of, vae_map
from core.lenses.vae_traversal import vae_traversal
from core.params import Rivals
from tests.tiny_rebuilding import Sample
from webapp.panels.code_grid import pictures as code_pictures
from webapp.panels.codebook_usage import codebook
from webapp.panels.gumbel_softmax import pictures as gumbel_pictures
from webapp.panels.ladder import pictures as ladder_pictures
from webapp.panels.mask_leaning import pictures as leaning_pictures
from webapp.panels.masked_reconstruction import pictures as mask_pictures
from webapp.panels.vae_traversal import pictures as traversal_pictures

SIDE = 16


def picture(low=0, high=255):
    """Dark above, bright below."""
    values = np.full((SIDE, SIDE, 3), low, np.uint8)
    values[SIDE // 2 :] = high
    return Image.fromarray(values)


class Square:
    def seen(self, image):
        return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.NEAREST), np.float32) / 255


class Filler(Square):
    """Fills every hidden patch with one grey."""

    def __init__(self, grey=None):
        self.grey = grey

    def grid(self):
        return 4, 4

    def reconstruct(self, image, mask):
        seen = self.seen(image)
        over = np.kron(mask, np.ones((4, 4), bool))
        grey = seen[~over].mean() if self.grey is None else self.grey
        return np.where(over[..., None], np.float32(grey), seen)

    def reconstructions(self, image, masks):
        return np.stack([self.reconstruct(image, mask) for mask in masks])


class Normal(Square):
    """Two latents a cell of 2 x 2: the brightness with spread 0.1, and one that is the prior itself."""

    def posterior(self, pictures):
        small = pictures.mean(-1).reshape(len(pictures), 2, 8, 2, 8).mean((2, 4)).astype(np.float32)
        mean = np.stack([small, 0 * small], 1)
        return mean, np.stack([0 * small + 0.1, 0 * small + 1], 1)

    def encode(self, pictures):
        return self.posterior(pictures)[0]

    def decode(self, kept):
        grown = np.kron(kept[:, 0], np.ones((8, 8), np.float32))
        return np.clip(np.repeat(grown[..., None], 3, -1), 0, 1).astype(np.float32)


class Levels(Square):
    """Four codes: black, two greys and white, for cells of 4 x 4."""

    def codebook(self):
        return np.array([[0.0], [0.25], [0.75], [1.0]], np.float32)

    def latents(self, pictures):
        return pictures.mean(-1).reshape(-1, 4, 4, 4, 4).mean((2, 4))[..., None]

    def encode(self, pictures):
        return np.abs(self.latents(pictures) - self.codebook()[:, 0]).argmin(-1)

    def decode(self, kept):
        grown = np.kron(self.codebook()[kept, 0], np.ones((4, 4), np.float32))
        return np.repeat(grown[..., None], 3, -1).astype(np.float32)

    def decode_vectors(self, vectors):
        grown = np.kron(vectors[..., 0], np.ones((4, 4), np.float32))
        return np.repeat(grown[..., None], 3, -1).astype(np.float32)


def test_filling_with_the_mean_is_all_of_the_means_error():
    found = masked_reconstruction(Filler(), picture(), hidden=50)
    assert np.allclose(found.relative, 1, atol=1e-5)
    assert (found.masks.mean(axis=(1, 2)) == 0.5).all() and not (found.masks[0] == found.masks[1]).all()


def test_the_error_of_each_patch_is_its_squared_difference():
    found = masked_reconstruction(Filler(grey=0.5), picture(), hidden=75, seed=3)
    assert np.allclose(found.error[found.masks], 0.25, atol=1e-6) and (found.error[~found.masks] == 0).all()


def test_a_painted_mask_counts_and_the_slider_rests():
    bits = "1" + "0" * 15
    found = masked_reconstruction(Filler(grey=0.5), picture(), hidden=95, mask=bits)
    assert found.painted and found.masks.shape == (1, 4, 4) and found.masks.sum() == 1
    packed = mask_pictures(found).packed()
    assert packed["grids"][0]["value"] == bits and len(packed["pictures"][1]["frames"]) == 1
    for wrong in ("101", "2" * 16):
        with pytest.raises(LoupeError, match="4 × 4"):
            masked_reconstruction(Filler(), picture(), mask=wrong)


def test_nothing_hidden_gives_the_picture_back_and_everything_hidden_is_an_answer():
    none = masked_reconstruction(Filler(), picture(), hidden=0)
    assert np.array_equal(none.rebuilt[0], none.picture) and (none.relative == 0).all()
    every = masked_reconstruction(Filler(grey=0.5), picture(), mask="1" * 16)
    assert every.relative[0] == pytest.approx(1)


@pytest.mark.parametrize("pattern", ["random", "block", "grid"])
@pytest.mark.parametrize("hidden", [0.0, 0.25, 0.5, 0.75, 0.95])
def test_patterns_hide_the_share_they_say(pattern, hidden):
    mask = pattern_of(pattern, hidden, 16, 16, np.random.default_rng(0))
    assert mask.sum() == round(hidden * 256)
    if pattern == "grid" and hidden == 0.5:
        tiles = mask.reshape(8, 2, 8, 2).sum(axis=(1, 3))
        assert (tiles == 2).all(), "every 2 x 2 has as many holes"
    if pattern == "block" and 0 < hidden < 1:
        rows, columns = np.nonzero(mask)
        box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        assert mask.sum() / box > 0.7


def test_reconstruction_counts_bits_and_measures():
    found = reconstruction(Levels(), picture())
    assert found.codes and found.bits == pytest.approx(16 * 2 / SIDE**2)
    assert found.psnr == 100 and found.ssim == pytest.approx(1) and (found.difference == 0).all()
    found = reconstruction(Normal(), picture(51, 51))
    assert found.bits == pytest.approx(2 * 4 * 16 / SIDE**2) and found.psnr == 100


def test_what_ignores_noise_gains_all_of_it():
    class Blind(Normal):
        def decode(self, kept):
            return np.zeros((len(kept), SIDE, SIDE, 3), np.float32)

    found = denoise(Blind(), picture(0, 0), Rivals({}), "Gaussian")
    assert (found.found == 100).all() and found.given[0] == 100 and (np.diff(found.given) < 0).all()
    again = denoise(Blind(), picture(0, 0), Rivals({}), "Gaussian")
    assert np.array_equal(found.spoilt, again.spoilt), "the same seed is the same noise"


def test_divergence_is_the_closed_form():
    assert divergence(np.zeros(1), np.ones(1))[0] == 0
    assert divergence(np.array([2.0]), np.ones(1))[0] == pytest.approx(2)
    assert divergence(np.zeros(1), np.array([0.1]))[0] == pytest.approx(0.5 * (0.01 - 1 - math.log(0.01)))


def test_a_channel_that_is_the_prior_has_collapsed():
    found = vae_latents(Normal(), picture(), seed=1)
    assert found.collapsed == (1,)
    assert np.array_equal(found.samples[0], Normal().decode(Normal().encode(Normal().seen(picture())[None]))[0])
    steps = np.abs(found.samples - found.samples[0]).mean(axis=(1, 2, 3))
    assert (np.diff(steps) >= 0).all() and steps[2] > 0


def test_a_turned_latent_moves_where_it_was_clicked():
    found = vae_traversal(Normal(), picture(102, 102), reach=0, cell="0,1")
    assert found.channels == (0, 1) and found.cell == (0, 1)
    brighter = found.made[0, np.flatnonzero(np.isclose(found.shifts, 0.75))[0]]
    assert np.allclose(brighter[:8, 8:], 1, atol=1e-5) and np.allclose(brighter[8:], 0.4, atol=1e-5)
    assert np.allclose(found.made[1], found.made[1, 0]), "the other latent is not read"
    assert traversal_pictures(found).packed()["grids"][0]["value"] == "0,1"
    for wrong in ("5,5", "x", "1"):
        with pytest.raises(LoupeError, match="Click into the picture"):
            vae_traversal(Normal(), picture(), cell=wrong)


def test_interpolation_ends_at_both_pictures():
    other = picture(255, 0)
    found = vae_interpolation(Normal(), picture(), {"turned": other})
    assert found.name == "turned"
    for made in (found.linear, found.spherical, found.faded):
        assert np.allclose(made[0], Normal().seen(picture()), atol=1e-5)
        assert np.allclose(made[-1], Normal().seen(other), atol=1e-5)


def test_the_spherical_way_keeps_the_length():
    first, second = np.array([3.0, 0.0]), np.array([0.0, 3.0])
    middle = slerp(first, second, 0.5)
    assert np.linalg.norm(middle) == pytest.approx(3) and middle[0] == pytest.approx(middle[1])
    assert np.allclose(slerp(first, 2 * first, 0.5), 1.5 * first)


def test_codes_are_painted_and_wrong_ones_named():
    found = code_grid(Levels(), picture(), edits="0,0,2;0,1,3;0,0,1")
    assert found.codes[0].tolist() == [1, 3, 0, 0] and found.edits == ((0, 0, 1), (0, 1, 3))
    assert np.allclose(found.rebuilt[:4, :4], 0.25) and np.allclose(found.rebuilt[:4, 4:8], 1)
    assert (found.margin == 1).all(), "every cell lies on its code"
    assert found.palette.tolist() == [3, 2, 1, 0] or sorted(found.palette) == [0, 1, 2, 3]
    assert np.allclose(found.swatches[:, 0], Levels().codebook()[found.palette, 0])
    assert code_pictures(found).packed()["grids"][0]["value"] == "0,0,1;0,1,3"
    for wrong in ("0,0,4", "4,0,0", "a,b,c", "1"):
        with pytest.raises(LoupeError, match="Start over"):
            code_grid(Levels(), picture(), edits=wrong)


def test_the_margin_is_none_between_two_codes():
    assert np.allclose(code_grid(Levels(), picture(128, 128)).margin, 0, atol=0.02)


def test_perplexity_of_one_and_of_all():
    assert perplexity(np.array([7, 0, 0, 0])) == 1 and perplexity(np.array([2, 2, 2, 2])) == pytest.approx(4)
    assert perplexity(np.zeros(4, int)) == 0
    told, sample = [], Sample([picture(0, 0), picture()])
    found = codebook_usage(Levels(), picture(), sample, "", lambda *far: told.append(far))
    assert found.counts.tolist() == [24, 0, 0, 8] and found.used == 2 and found.pictures == 2 and told == [(2, 2)]
    assert found.own.tolist() == [8, 0, 0, 8] and found.own_perplexity == pytest.approx(2)
    assert found.perplexity == pytest.approx(2 ** -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)))
    assert found.code is None and len(found.patches) == 0
    codebook_usage(Levels(), picture(), sample, "", lambda *far: told.append(far))
    assert told == [(2, 2)], "counted once, kept after that"


def test_a_chosen_code_shows_the_cells_that_use_it():
    sample = Sample([picture(0, 0), picture()])
    found = codebook_usage(Levels(), picture(), sample, "3")
    assert found.code == 3 and found.holders == 1 and found.patches.shape == (8, 20, 20, 3)
    assert (found.cells[:, 0] == 1).all() and set(found.cells[:, 1]) == {2, 3}
    assert np.allclose(found.patches[:, 8:12, 8:12], 1), "the patch itself is white"
    dead = codebook_usage(Levels(), picture(), sample, "1")
    assert dead.holders == 0 and len(dead.cells) == 0
    packed = codebook(found).packed()
    assert packed["counts"] == [24, 0, 0, 8] and len(packed["patches"]) == 8 and packed["code"] == 3
    for wrong in ("4", "-1", "x"):
        with pytest.raises(LoupeError, match="codebook has 4"):
            codebook_usage(Levels(), picture(), sample, wrong)


def test_one_stroke_swaps_a_code_everywhere():
    found = code_grid(Levels(), picture(), "every cell of its code", edits="0,0,2")
    assert (found.codes[:2] == 2).all() and (found.codes[2:] == 3).all()
    assert np.allclose(found.rebuilt[:8], 0.75) and np.allclose(found.rebuilt[8:], 1)


def test_each_guess_leans_on_what_it_was_made_of():
    class Left(Filler):
        """Copies the nearest visible patch on the left, grey where there is none."""

        def reconstruct(self, image, mask):
            made = self.seen(image).copy()
            for row, column in np.argwhere(mask):
                known = [at for at in range(column) if not mask[row, at]]
                value = made[4 * row, 4 * known[-1]] if known else 0.5
                made[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = value
            return made

    found = mask_leaning(Left(), picture(0, 0), hidden=50, pattern="grid")
    assert found.leaning.shape == (8, 4, 4) and (found.leaning[:, found.mask] == 0).all()
    for (row, column), leaning in zip(found.hidden, found.leaning, strict=True):
        known = [at for at in range(column) if not found.mask[row, at]]
        if len(known) == 1:
            assert leaning[row, known[0]] == pytest.approx(0.5), "without it the guess turns grey"
        assert (np.delete(leaning, row, axis=0) == 0).all()
    packed = leaning_pictures(found).packed()
    assert len(packed["steps"]) == 8 and sorted(packed["grids"][0]["numbers"]) == [-1] * 8 + list(range(8))


def test_the_ladder_has_a_rung_a_model_and_knows_the_chosen():
    levels, normal = Levels(), Normal()
    found = ladder(normal, picture(51, 51), Rivals({"codes": levels, "numbers": normal}))
    assert found.names == ("codes", "numbers") and found.chosen == 1
    assert [rung.codes for rung in found.rungs] == [True, False]
    assert found.rungs[0].bits == pytest.approx(16 * 2 / SIDE**2) and found.rungs[1].psnr == 100
    assert ladder(Levels(), picture(), Rivals({"codes": levels})).names == ("chosen model", "codes")
    packed = ladder_pictures(found).packed()
    assert packed["columns"] == 2 and len(packed["pictures"]) == 4
    assert packed["pictures"][2]["ends"] == packed["pictures"][3]["ends"], "differences share one scale"


def test_all_models_mend_the_same_picture():
    found = denoise(Normal(), picture(), Rivals({"codes": Levels(), "itself": (same := Normal())}), "blur")
    assert found.names == ("codes", "itself") and len(found.others) == 2
    assert np.array_equal(found.others[1], same.decode(same.encode(found.spoilt)))
    assert np.array_equal(found.others_found[1], found.found)


def test_low_temperatures_give_the_draw_and_high_ones_the_mean_of_the_codes():
    found = gumbel_softmax(Levels(), picture(100, 160), seed=4)
    assert np.allclose(found.weights.sum(axis=1), 1, atol=1e-9), "all four codes are shown"
    assert (
        found.weights[0].max() > found.weights[-1].max() and found.codes[found.weights[0].argmax()] == found.drawn
    )
    assert (np.diff(found.confidence) < 0).all() and (np.diff(found.gap) <= 1e-9).all()
    squares = (found.soft[:, 8, 8, 0] - (found.weights @ Levels().codebook()[found.codes, 0])) ** 2
    assert np.allclose(squares, 0, atol=1e-10), "the middle is decoded from the mixture"
    assert found.nearest == Levels().encode(Levels().seen(picture(100, 160))[None])[0, 2, 2]
    packed = gumbel_pictures(found).packed()
    assert len(packed["bars"][0]["values"]) == len(TEMPERATURES) and packed["grids"][0]["value"] == "2,2"


def test_the_largest_sum_is_a_fair_draw_of_the_softmax():
    model, grey = Levels(), picture(115, 115)
    draws = [gumbel_softmax(model, grey, seed=seed) for seed in range(400)]
    chance = dict(zip(draws[0].codes.tolist(), draws[0].chances, strict=True))
    drawn = np.bincount([draw.drawn for draw in draws], minlength=4) / len(draws)
    for code, share in chance.items():
        assert abs(drawn[code] - share) < 4 * math.sqrt(share * (1 - share) / len(draws)) + 1e-9


def test_softmax_is_the_closed_form():
    assert np.allclose(softmax(np.array([[0.0, math.log(3)], [1e4, 1e4]])), [[0.25, 0.75], [0.5, 0.5]])


def test_the_map_holds_the_collection_and_counts_what_has_collapsed():
    sample = Sample([picture(shade, 255 - shade) for shade in range(0, 250, 50)])
    found = vae_map(Normal(), picture(), sample)
    assert found.pictures == 5 and found.kl.shape == (2, 2, 2)
    assert found.collapsed.tolist() == [0, 4], "the second channel is the prior itself"
    means = np.stack([Normal().encode(Normal().seen(one)[None])[0, 0] for one in sample.pictures])
    assert np.allclose(found.kl[0], divergence(means, np.full_like(means, 0.1)).mean(axis=0), rtol=1e-4)
    assert found.atlas.shape == (CELLS * TILE, CELLS * TILE, 4) and found.chosen == ()
    row, column = cell_of(sample.shelf["latent-map"]["places"])[0]
    again = vae_map(Normal(), picture(), sample, cell=f"{row},{column}")
    assert len(again.chosen) == 3 and any(
        np.array_equal(again.chosen[0], Normal().seen(p)) for p in sample.pictures
    )
    own = Normal().decode(Normal().encode(Normal().seen(picture())[None]))[0]
    assert np.allclose(again.chosen[2], (again.chosen[1] + own) / 2, atol=2e-3), "half way, for a linear decoder"
    with pytest.raises(LoupeError, match="outside"):
        vae_map(Normal(), picture(), sample, cell="99,0")
