"""Marian (Junczys-Dowmunt et al. 2018, arXiv 1804.00344): the Transformer (Vaswani et al. 2017) that translates."""

import re
from typing import Any, ClassVar

from core.capabilities import Embedded, Positions
from core.seq2seq import Seq2Seq

# The codes by which checkpoints call their target languages.
CODES = {
    "Chinese": ("zh", "cmn_Hans", "zho", "zho_Hans"),
    "German": ("de", "deu"),
    "French": ("fr", "fra"),
    "Spanish": ("es", "spa"),
}


class Marian(Seq2Seq):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("marian",)
    TAB: ClassVar[str] = "Transformer"
    AUTO: ClassVar[str] = "AutoModelForSeq2SeqLM"

    def positions(self) -> Positions:
        """Sines and cosines, the encoder's."""
        table = self._body.embed_positions.weight
        return Positions(table.detach().float().cpu().numpy(), learned=False)

    def embedded(self, text: str) -> Embedded:
        """Word (scaled as the encoder scales it) and place."""
        import torch

        ids = self._read(text)
        with torch.inference_mode():
            words = self._body.embed_tokens.weight[ids] * self._scale
            places = self._body.embed_positions.weight[: len(ids)]
            parts = torch.stack([words, places]).float().cpu().numpy()
        return Embedded(self._names(text, ids), ("word", "place"), parts)

    @property
    def _scale(self) -> float:
        config = self._network.config
        return config.d_model**0.5 if config.scale_embedding else 1.0

    def _prefixes(self) -> dict[str, str]:
        """A tag where the vocabulary has one; a checkpoint without tags writes the one language of its name."""
        known = self._tokenizer.get_vocab()
        tags = {
            language: next((f">>{code}<< " for code in codes if f">>{code}<<" in known), None)
            for language, codes in CODES.items()
        }
        if any(tags.values()):
            return {language: tag for language, tag in tags.items() if tag}
        named = getattr(self._tokenizer, "target_lang", None) or re.split(r"[-_]", self.checkpoint.source)[-1]
        return {language: "" for language, codes in CODES.items() if named in codes}

    def _projectors(self) -> list[tuple[Any, ...]]:
        layers = [layer.self_attn for layer in self._body.layers]
        return [(a.q_proj, a.k_proj, a.v_proj, a.out_proj) for a in layers]
