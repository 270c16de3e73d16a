"""Damaged, incomplete and foreign checkpoints: an error in the user's terms, never a model with random numbers."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from core.checkpoints import Checkpoint, rows
from core.errors import LoupeError
from core.models.clip import Clip
from tests import tiny


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "clip"
    tiny.make("clip", folder)
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    """A copy that may be damaged."""
    return shutil.copytree(whole, tmp_path / "clip")


def load(folder, key="mine"):
    return Clip.load(Checkpoint(key, "clip", "CLIP", str(folder), "My CLIP", 1, "none"), "cpu")


def rewrite(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def test_a_whole_one_loads(folder):
    assert load(folder).embed_texts(["a cat"]).shape == (1, 16)


def test_a_missing_weight(folder):
    rewrite(folder, lambda weights: weights.pop("visual_projection.weight"))
    with pytest.raises(LoupeError, match=r"My CLIP do not fit its class CLIPModel: 1 missing keys.*visual_proj"):
        load(folder)


def test_a_weight_too_many(folder):
    rewrite(folder, lambda weights: weights.update({"head.weight": torch.zeros(2, 2)}))
    with pytest.raises(LoupeError, match=r"1 unexpected keys, the first is head\.weight"):
        load(folder)


def test_a_weight_of_another_shape(folder):
    rewrite(folder, lambda weights: weights.update({"text_projection.weight": torch.zeros(7, 32)}))
    with pytest.raises(LoupeError, match="weights of My CLIP cannot be read"):
        load(folder)


def test_numbers_that_older_checkpoints_store_are_no_error(folder):
    positions = torch.arange(17)[None]
    rewrite(folder, lambda weights: weights.update({"vision_model.embeddings.position_ids": positions}))
    assert load(folder).embed_texts(["a cat"]).shape == (1, 16)


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("model.safetensors", "weights are missing|weights of My CLIP"),
        ("config.json", "configuration of My CLIP cannot be read"),
        ("tokenizer.json", "tokenizer of My CLIP cannot be read"),
        ("preprocessor_config.json", "image processor of My CLIP cannot be read"),
    ],
)
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "noise"])
def test_damaged_files(folder, file, part, damage):
    place = folder / file
    whole = place.read_bytes()
    place.unlink()
    if damage != "missing":
        place.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "noise": bytes(range(256)) * 9}[damage])
    with pytest.raises(LoupeError, match=part if damage != "missing" else "My CLIP"):
        load(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "no such thing"},
        {"model_type": "bert"},
        {"vision_config": 7},
        {"text_config": {"hidden_size": "wide"}},
        {"projection_dim": -1},
    ],
    ids=str,
)
def test_a_configuration_that_makes_no_sense(folder, change):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(LoupeError, match="My CLIP"):
        load(folder)


def test_code_beside_the_weights_is_never_run(folder):
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "of_their_own"
    config["auto_map"] = {"AutoConfig": "trap.Config", "AutoModel": "trap.Model"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "trap.py").write_text("raise SystemExit('the trap was run')")
    with pytest.raises(LoupeError, match="My CLIP is of model_type 'of_their_own'; its family clip loads clip"):
        load(folder)


def test_pickled_weights_are_opened_for_rows_of_the_catalogue_alone(folder):
    model = AutoModel.from_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(LoupeError, match="only pickled weights"):
        load(folder)
    key = next(iter(rows()))
    assert load(folder, key).embed_texts(["a cat"]).shape == (1, 16)


def test_a_pickle_that_would_run_code_is_refused(folder):
    class Trap:
        def __reduce__(self):
            return exec, ("raise SystemExit('the trap was run')",)

    torch.save({"weight": Trap()}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(LoupeError, match="weights of My CLIP cannot be read"):
        load(folder, next(iter(rows())))


def test_shards_must_all_be_there(folder):
    AutoModel.from_pretrained(folder).save_pretrained(folder, max_shard_size="60KB")
    (folder / "model.safetensors").unlink(missing_ok=True)
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 1 and load(folder).embed_texts(["a cat"]).shape == (1, 16)
    shards[-1].unlink()
    with pytest.raises(LoupeError, match="weights of My CLIP are missing"):
        load(folder)
