"""The one handler: values of the page in, payloads for the figure out, never a traceback."""

from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from core import models
from core.capabilities import Attention
from core.checkpoints import catalogue
from core.errors import LoupeError
from webapp import inputs, ui
from webapp.panel import panels

LINES = "a\nb"


class Fake:
    checkpoint = SimpleNamespace(title="Fake", version="v1", tab="CLIP")

    def embed_images(self, images):
        return np.array([[1.0, 0.0]], np.float32)

    def embed_texts(self, texts):
        return np.tile(np.array([[0.6, 0.8]], np.float32), (len(texts), 1))

    def temperature(self):
        return 0.1

    def patch_attention(self, image):
        return Attention(np.full((2, 1, 5, 5), 0.2), grid=(2, 2), prefix=1)


@pytest.fixture(autouse=True)
def fakes(monkeypatch):
    real = models.use

    @contextmanager
    def use(key):
        if key == "gone":
            raise LoupeError("No checkpoint {key!r}. There are: {known}.", key=key, known="fake")
        if key == "broken":
            raise ZeroDivisionError("a bug")
        if key in catalogue():
            with real(key) as model:
                yield model
            return
        yield SimpleNamespace(checkpoint=Fake.checkpoint) if key == "bare" else Fake()

    monkeypatch.setattr(models, "use", use)


def asked(key, *values, first="fake", second=ui.NOTHING, image="example:cat", language="en"):
    return list(ui.run(key, first, second, image, "a sentence", language, *values))


def test_a_lens_is_drawn():
    (payload,) = asked("text_similarity", LINES)
    (drawing,) = payload["drawings"]
    assert drawing["kind"] == "plotly" and drawing["model"] == "Fake" and drawing["version"] == "v1"


def test_two_models_stand_side_by_side():
    payloads = asked("attention_rollout", "mean", 0.0, second="another fake")
    assert [len(payload["drawings"]) for payload in payloads] == [1, 2]


def test_a_model_of_the_tab_that_can_answer_stands_in():
    mean_and_spread = next(iter(panels()["vae_latents"].parameters.values())).annotation
    assert inputs.able("demo-ae", mean_and_spread) == "demo-vae" == inputs.able("demo-vae", mean_and_spread)
    assert inputs.able("demo-clip", mean_and_spread) == "demo-clip", "nobody in its tab can"
    (payload,) = asked("vae_latents", 0, first="demo-ae", second="demo-vqvae")
    (drawing,) = payload["drawings"]
    assert (drawing["model"], drawing["instead"]) == ("demo-vae", "demo-ae")


def test_mistakes_are_told_in_the_readers_language():
    assert "No checkpoint 'gone'" in asked("text_similarity", LINES, first="gone")[-1]["error"]
    assert "没有检查点" in asked("text_similarity", LINES, first="gone", language="zh")[-1]["error"]
    assert "No sentence" in asked("text_similarity", " \n ")[-1]["error"]
    assert "No picture" in asked("text_similarity", LINES, image="example:none")[-1]["error"]
    assert "Choose: demo-clip, CLIP ViT-B/32" in asked("attention_rollout", "mean", 0.0, first="bare")[-1]["error"]


def test_a_bug_is_logged_and_told_in_general(caplog):
    payload = asked("text_similarity", LINES, first="broken")[-1]
    assert "log" in payload["error"] and "bug" not in payload["error"]
    assert "ZeroDivisionError" in caplog.text and "broken" in caplog.text


def test_a_model_that_fails_beside_another_leaves_the_first_one_drawn():
    last = asked("text_similarity", LINES, second="gone")[-1]
    assert len(last["drawings"]) == 1 and "gone" in last["error"]


def test_the_page_has_a_tab_a_family_and_names_none_itself():
    titles = [block.label for block in ui.create_demo().blocks.values() if isinstance(block, gr.Tab)]
    assert titles[0] == "Explore" and "CLIP" in titles
    assert "clip" not in Path(ui.__file__).read_text("utf-8").lower()


def test_quick_cards_wait_for_no_long_one():
    waiting: dict[str, set[str]] = {}
    for handler in ui.create_demo().fns.values():
        if getattr(handler.fn, "func", None) is ui.answers:
            _, key = handler.fn.args
            waiting.setdefault(handler.concurrency_id, set()).add(key)
    assert {"trajectory", "noising", "translate"} <= waiting["long"]
    assert {"attention_rollout", "classes"} <= waiting["quick"]
    assert not waiting["long"] & waiting["quick"]


def test_how_far_a_lens_has_come_is_told():
    told = asked("noising", False, 0, first="demo-ddpm")
    steps = [one["progress"]["done"] for one in told if "progress" in one]
    assert steps == list(range(11)) and "error" not in told[-1] and len(told[-1]["drawings"]) == 1


def test_sentences_to_try_stand_below_a_model():
    assert '<button class="chip" data-say="a cat moves left">a cat moves left</button>' in ui.describe(
        "demo-vdt", "zh"
    )
    assert "data-say" not in ui.describe("demo-vae", "en")
