"""T5 (Raffel et al. 2019, arXiv 1910.10683): every task is a text, with the task's name in front."""

from typing import Any, ClassVar

import numpy as np

from core.seq2seq import Seq2Seq


class T5(Seq2Seq):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("t5",)
    TAB: ClassVar[str] = "Transformer"
    AUTO: ClassVar[str] = "AutoModelForSeq2SeqLM"

    def _prefixes(self) -> dict[str, str]:
        return {language: f"translate English to {language}: " for language in ("German", "French")}

    def _nothing(self) -> Any:
        """Padding: where a vector is zero its norm jumps, and no path may begin there."""
        return self._network.get_input_embeddings().weight[self._network.config.pad_token_id]

    def _divisor(self, width: int) -> float:
        """T5 does not divide its scores; its initial weights are scaled instead."""
        return 1.0

    def _bias(self, length: int) -> np.ndarray:
        """A learnt number a head for each distance, the same in every layer."""
        import torch

        with torch.inference_mode():
            first = self._body.block[0].layer[0].SelfAttention
            bias = first.compute_bias(length, length).float().cpu().numpy()
        return np.repeat(bias, len(self._body.block), axis=0)

    def _projectors(self) -> list[tuple[Any, ...]]:
        layers = [block.layer[0].SelfAttention for block in self._body.block]
        return [(a.q, a.k, a.v, a.o) for a in layers]
