"""GPT-2 (Radford et al. 2019): the next token from those before it."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from core.capabilities import Embedded, Expected, Positions
from core.errors import LoupeError
from core.explained import Explained, Question


class Gpt(Explained):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("gpt2",)
    TAB: ClassVar[str] = "GPT"
    AUTO: ClassVar[str] = "AutoModelForCausalLM"
    CAUSAL: ClassVar[bool] = True

    def next_token(self, text: str, grown: Sequence[int] = ()) -> np.ndarray:
        """Logits [token label] of what follows each token of the text and of the tokens grown on it."""
        import torch

        ids = [*self._read(text), *grown]
        if wrong := next((number for number in grown if not 0 <= number < len(self._vocabulary)), None):
            raise LoupeError("There is no token of number {number}.", number=wrong)
        if len(ids) > self._window:
            raise LoupeError("The text is full: {title} reads at most {window} tokens.", title=self.checkpoint.title,
                             window=self._window)  # fmt: skip
        with torch.inference_mode():
            return self._network(input_ids=self._tensor([ids])).logits[0].float().cpu().numpy()

    def expected(self, text: str) -> Expected:
        """From the left; the first token is counted only where one of the tokenizer's own stands before it."""
        pieces = self.pieces(text)
        logits = self.next_token(text).astype(np.float64)
        logits -= logits.max(axis=-1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        own = np.flatnonzero(~pieces.added)
        own = own[own > 0]
        return Expected(
            tuple(pieces.texts[n] for n in own),
            self._starts(text)[own],
            ("left",),
            logs[own - 1, pieces.ids[own]][None],
        )

    def end(self) -> int:
        """The number of the token that ends a text."""
        return int(self._tokenizer.eos_token_id)

    def states(self, text: str) -> np.ndarray:
        """[layer token dim]: the embeddings and what each block leaves of them, before the final norm."""
        import torch

        from core.language import outputs_of

        body, ids = self._body, self._read(text)
        with torch.inference_mode(), outputs_of([body.drop, *body.h]) as seen:
            body(input_ids=self._tensor([ids]))
        kept = [output[0] if isinstance(output, tuple) else output for output in seen]
        return torch.cat(kept).float().cpu().numpy()

    def unembed(self, states: np.ndarray) -> np.ndarray:
        """[... dim] to logits [... label]: the final norm, then the table of words."""
        import torch

        with torch.inference_mode():
            normed = self._body.ln_f(torch.from_numpy(states).to(self.device))
            return self._network.lm_head(normed).cpu().numpy()

    def positions(self) -> Positions:
        """One learnt vector a place."""
        return Positions(self._body.wpe.weight.detach().float().cpu().numpy(), learned=True)

    def embedded(self, text: str) -> Embedded:
        """Word and place."""
        ids = self._read(text)
        rows = (self._body.wte.weight[ids], self._body.wpe.weight[: len(ids)])
        parts = np.stack([row.detach().float().cpu().numpy() for row in rows])
        return Embedded(self._names(text, ids), ("word", "place"), parts)

    def _question(self, text: str, place: int | None) -> Question:
        """A token of the text from those before it; without a place the one after the last."""
        pieces = self.pieces(text)
        ids, own = list(pieces.ids), ~pieces.added
        open_ = [bool(own[:n].any()) for n in range(len(ids) + 1)]
        if place is None or not 0 <= place < len(open_) or not open_[place]:
            place = len(ids)
        return Question(ids[:place], pieces.added[:place].tolist(), (*pieces.texts, ""), open_, place)

    def _answers(self, asked: Question, vectors: Any) -> Any:
        return self._network(inputs_embeds=vectors, logits_to_keep=1).logits[:, -1]

    def _projectors(self) -> list[tuple[Any, ...]]:
        return [(block.attn.c_attn, block.attn.c_proj) for block in self._body.h]
