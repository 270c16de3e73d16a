"""A text tower asked for what it makes of each token, as networks that draw from words take it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.denoising import WordStates
from core.errors import LoupeError


class WordReader:
    """tower: a text model of transformers; window: how many tokens it reads at most.

    whole: every text is padded to the window, and the padding is looked at like the words: Stable Diffusion's way.
    """

    def __init__(self, tower: Any, tokenizer: Any, window: int, title: str, whole: bool = False):
        self._tower, self._tokenizer, self._window, self._title, self._whole = (
            tower,
            tokenizer,
            window,
            title,
            whole,
        )

    def word_states(self, texts: Sequence[str]) -> WordStates:
        """What the last layer leaves of each token, after the tower's own last norm."""
        import torch

        for text in texts:
            checked(text, self._tokenizer, self._window, self._title)
        kind = {"padding": "max_length", "max_length": self._window} if self._whole else {"padding": True}
        given = self._tokenizer(list(texts), return_special_tokens_mask=True, return_tensors="pt", **kind)
        added = given.pop("special_tokens_mask").bool().numpy()
        inputs = {name: tensor.to(self._tower.device) for name, tensor in given.items()}
        read = np.ones_like(added) if self._whole else given["attention_mask"].bool().numpy()
        if self._whole:
            inputs = {"input_ids": inputs["input_ids"]}
        with torch.inference_mode():
            states = self._tower(**inputs).last_hidden_state.float().cpu().numpy()
        tokens = tuple(names(self._tokenizer, *one) for one in zip(texts, given["input_ids"], strict=True))
        return WordStates(states, read, tokens, added)


def checked(text: str, tokenizer: Any, window: int, title: str) -> None:
    """Raises LoupeError for a text of more tokens than the model reads."""
    count = len(tokenizer(text, verbose=False)["input_ids"])
    if count > window:
        raise LoupeError(
            "The sentence {text!r} has {count} tokens; {title} reads at most {window}. Shorten it.",
            text=text if len(text) <= 60 else text[:57] + "...",
            count=count,
            title=title,
            window=window,
        )


def names(tokenizer: Any, text: str, ids: Any) -> tuple[str, ...]:
    """The tokens as they read: pieces of the text itself, the tokenizer's names for the added ones."""
    found = tokenizer.convert_ids_to_tokens(ids.tolist())
    if not tokenizer.is_fast:
        return tuple(name.replace("▁", " ").strip() or name for name in found)
    spans = tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    spans += [(0, 0)] * (len(found) - len(spans))
    return tuple(text[start:end].strip() or name for name, (start, end) in zip(found, spans, strict=True))
