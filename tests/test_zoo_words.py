"""What the language recipes rest on."""

import pytest
import torch
from transformers import BertConfig, BertModel

from zoo.bert import CLS, PAD, SEP, leftwards


@pytest.mark.parametrize("kind", ["eager", "sdpa"])
def test_the_right_side_is_hidden_while_the_next_word_is_guessed(kind: str):
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    model = BertModel(BertConfig(vocab_size=32, attn_implementation=kind, **sizes)).eval()
    ids = torch.tensor([[CLS, 9, 8, 7, SEP], [CLS, 11, SEP, PAD, PAD]])
    other = ids.clone()
    other[0, 3], other[1, 2] = 20, 21
    with torch.inference_mode():
        states = model(ids, attention_mask=leftwards(ids)).last_hidden_state
        changed = model(other, attention_mask=leftwards(other)).last_hidden_state
        open_sided = model(other).last_hidden_state
    assert torch.equal(states[0, :3], changed[0, :3]) and torch.equal(states[1, :2], changed[1, :2])
    assert (states[0, 3:] - changed[0, 3:]).abs().max() > 0.01
    assert (states[0, :3] - open_sided[0, :3]).abs().max() > 0.01
