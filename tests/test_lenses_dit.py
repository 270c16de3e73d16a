"""The lenses into diffusion transformers and into the timestep: closed forms on small fakes."""

import json

import numpy as np
import pytest
from PIL import Image

from core.denoising import PatchLooks, TimeEmbedding
from core.lenses.adaln_scales import STEPS as TIMES
from core.lenses.adaln_scales import adaln_scales
from core.lenses.dit_attention import between, dit_attention, far
from core.lenses.time_embedding import AT_ONCE, FINE, STEPS, cosines, time_embedding
from tests.test_lenses_diffusion_inside import SHAPE, Grey
from webapp.figure import drawing
from webapp.panels.adaln_scales import MOVED, curves
from webapp.panels.dit_attention import looks
from webapp.panels.time_embedding import pictures, strip

PATCHES = 16


class Patches(Grey):
    """Two blocks of two heads: head 0 looks at all 16 patches alike, head 1 at itself, in block 1 at the first."""

    def patch_looks(self, latents, timestep, prompt):
        assert latents.shape == SHAPE and prompt == "0.5"
        weights = np.full((2, 2, PATCHES, PATCHES), 1 / PATCHES)
        weights[0, 1], weights[1, 1] = np.eye(PATCHES), np.eye(1, PATCHES)
        return PatchLooks((4, 4), weights)

    def modulation(self, timesteps, prompt):
        """Of size timestep / 99 times 1..6 in the first block, 0 in the second; the sentence doubles the MLP's."""
        steered = np.zeros((len(timesteps), 2, 6, 8))
        steered[:, 0] = (np.array(timesteps) / 99)[:, None, None] * np.arange(1, 7)[:, None]
        if prompt:
            steered[:, :, 3:] *= 2
        steered[..., ::2] *= -1
        return steered


def test_attention_reaches_as_far_as_its_weights():
    apart = between(2, 3)
    assert apart[0].tolist() == pytest.approx([0, 1, 2, 1, 2**0.5, 5**0.5]) and (apart == apart.T).all()
    uniform = np.full((1, 1, 6, 6), 1 / 6)
    assert far(uniform, apart)[0, 0] == pytest.approx(apart.mean())
    assert far(np.eye(6)[None, None], apart)[0, 0] == 0
    neighbours = np.eye(6)[[1, 0, 1, 4, 3, 4]][None, None]
    assert far(neighbours, apart)[0, 0] == pytest.approx(1)


def test_where_the_clicked_patch_looks():
    told = []
    early, last = dit_attention(Patches(), " 0.5 ", 7, 1.0, patch="3,1", progress=lambda *far: told.append(far))
    assert told == [(n + 1, 7) for n in range(7)] and len(early.timesteps) == 4 and len(last.timesteps) == 7
    assert np.array_equal(last.maps[:4], early.maps) and last.maps.shape == (7, 2, 2, 4, 4)
    assert np.allclose(last.maps[:, :, 0], 1 / PATCHES) and last.patch == (3, 1)
    assert last.maps[2, 0, 1, 3, 1] == 1 and last.maps[2, 1, 1, 0, 0] == 1
    assert np.allclose(last.distance[:, :, 0], last.uniform) and (last.distance[:, 0, 1] == 0).all()
    assert np.allclose(last.distance[:, 1, 1], between(4, 4)[0].mean()) and np.allclose(
        last.pictures, 0.5, atol=1e-5
    )
    *_, unasked = dit_attention(Patches(), "0.5", 4, 1.0)
    *_, outside = dit_attention(Patches(), "0.5", 4, 1.0, patch="9,9")
    assert unasked.patch == outside.patch == (2, 2) and unasked.maps[0, 0, 1, 2, 2] == 1


def test_a_page_for_all_heads_and_one_for_each():
    *_, found = dit_attention(Patches(), "0.5", 4, 1.0, patch="3,1")
    packed = drawing(looks(found), "m", "v", 0.1)
    assert packed["kind"] == "paged" and json.dumps(packed, allow_nan=False) and packed["shared"] == 1
    assert packed["names"] == ["all heads", "head · 1", "head · 2"]
    every, one, two = packed["pages"]
    assert [len(page["pictures"]) for page in (every, one, two)] == [3, 2, 2], "the drawing is sent once"
    assert [picture["name"] for picture in every["pictures"]] == ["drawn so far", "DiT block · 1", "DiT block · 2"]
    assert every["pictures"][1]["ends"] == [0, (1 + 1 / PATCHES) / 2] and two["pictures"][0]["ends"] == [0, 1]
    assert every["grids"][0] | {"value": "3,1", "picks": "patch", "rows": 4} == every["grids"][0]
    curve = two["curves"][0]
    assert (
        curve["names"] == ["DiT block · 1", "DiT block · 2", "everywhere alike"] and curve["values"][0] == [0] * 4
    )
    assert len(every["steps"]) == 4 and every["start"] == 3


def test_of_many_blocks_six_have_a_line_each():
    *_, found = dit_attention(Patches(), "0.5", 4, 1.0)
    many = {"maps": np.repeat(found.maps, 14, axis=1), "distance": np.repeat(found.distance, 14, axis=1)}
    page = looks(type(found)(**(vars(found) | many))).pages[0]
    assert len(page.pictures) == 29 and len(page.curves[0].names) == 7
    assert page.curves[0].names[0] == "DiT block · 1" and page.curves[0].names[5] == "DiT block · 28"


def test_the_size_of_what_steers_is_its_root_mean_square():
    found = adaln_scales(Patches(), " 0.5 ")
    assert found.size.shape == (2, TIMES, 2, 6) and found.prompt == "0.5"
    share = found.timesteps / 99
    assert np.allclose(found.size[0, :, 0], share[:, None] * np.arange(1, 7)), "without, signs do not count"
    assert np.allclose(found.size[1, :, 0, :3], found.size[0, :, 0, :3])
    assert np.allclose(found.size[1, :, 0, 3:], 2 * found.size[0, :, 0, 3:]) and (found.size[:, :, 1] == 0).all()
    assert np.allclose(found.moved[1:, 0], [0, 1]) and (found.moved[:, 1] == 0).all()


def test_each_vector_has_a_small_figure():
    drawn = curves(adaln_scales(Patches(), "0.5"))
    titles = [note.text for note in drawn.layout.annotations]
    assert len(titles) == 8 and titles[4] == "attention · gate" and titles[7] == f"MLP · {MOVED}"
    assert len(drawn.data) == 6 * 2 * 2 + 2 * 2 + 1
    shown = [trace.name for trace in drawn.data if trace.showlegend is not False]
    assert shown == ["DiT block · 1", "DiT block · 2", "without the sentence"]
    gates = [trace for trace in drawn.data if trace.yaxis == "y5"]
    assert gates[0].y[-1] == 3 and gates[0].line.dash == "solid" and gates[1].line.dash == "dot"
    assert drawn.layout.yaxis8.matches == "y7" and drawn.layout.yaxis2.matches == "y"
    assert json.dumps(drawing(drawn, "m", "v", 0.1))
    without = curves(adaln_scales(Patches(), " "))
    assert len(without.layout.annotations) == 6 and len(without.data) == 12


class Clock(Grey):
    """Sees the grey of a picture exactly when it is told the true time, else as far off as the told one is."""

    def latents(self, images):
        return np.stack([np.asarray(image.convert("L").resize((4, 4)), np.float32)[None] / 255 for image in images])

    def predict_told(self, latents, timestep, told, prompts):
        assert len(latents) == len(told) == len(prompts) <= AT_ONCE
        self.asked.append((timestep, tuple(prompts)))
        off = (np.array(told) - timestep) / 99
        return self.schedule().prediction(self.clean + off[:, None, None, None], latents, timestep)

    def time_embedding(self, timesteps):
        turned = np.pi / 2 * np.array(timesteps) / 99
        waves = np.stack([np.cos(turned), np.sin(turned)], axis=1)
        return TimeEmbedding(waves, np.stack([3 * waves, np.ones_like(waves)]))


def test_the_right_time_is_where_the_error_is_least():
    image = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).convert("RGB")
    model, told = Clock(), []
    model.clean = model.latents([image])
    found = time_embedding(model, image, "a cat", noise=30, progress=lambda *far: told.append(far))
    assert found.true == 3 and found.error.argmin() == 3 and found.error[3] == pytest.approx(0, abs=1e-8)
    assert len(found.told) == STEPS and model.asked == [(found.told[3], ("",) * n) for n in (4, 4, 3)]
    far = (found.told - found.told[3]) / 99
    assert np.allclose(found.error, far**2 / model.clean.var(), atol=1e-5)
    shown = model.clean[0].transpose(1, 2, 0) + far[:, None, None, None]
    assert np.allclose(found.clean, np.clip(np.repeat(shown, 3, -1), 0, 1), atol=1e-5)
    assert told == [(0, STEPS), (4, STEPS), (8, STEPS)]
    angles = np.pi / 2 * found.frames / 99
    wanted = np.cos(angles[:, None] - angles)
    assert np.allclose(found.waves, wanted) and np.allclose(found.learned, (wanted + 1) / 2)
    time_embedding(model, image, " a cat ", with_the_sentence=True)
    assert model.asked[-1][1] == ("a cat",) * 3
    packed = drawing(pictures(found), "m", "v", 0.1)
    assert json.dumps(packed, allow_nan=False) and packed["start"] == 3 and len(packed["steps"]) == STEPS
    assert [len(line) for line in packed["curves"][1]["values"]] == [STEPS] * 2
    assert packed["curves"][1]["values"][0][3] == 1 and packed["pictures"][4]["wide"]
    assert packed["pictures"][1]["notes"][2:5:2] == ["told 20: too low", "told 40: too high"]
    assert "told · 30" in packed["note"] and found.frames[::FINE].tolist() == found.told.tolist()


def test_lengths_do_not_count_for_the_cosine_and_layers_alike():
    vectors = np.array([[[1.0, 0], [0, 5]], [[2, 0], [3, 0]]])
    assert cosines(vectors).tolist() == [[1, 0.5], [0.5, 1]]


def test_one_picture_of_the_strip_is_framed():
    shown = strip(np.zeros((3, 16, 16, 3)), 1)
    assert shown.shape == (16, 3 * 17, 4) and (shown[:, 16, 3] == 0).all() and (shown[4, 4] == [0, 0, 0, 1]).all()
    assert (shown[0, 17:33, 0] > 0.5).all() and (shown[1:-1, 18:32, 0] == 0).all() and (shown[:, :16, 0] == 0).all()
