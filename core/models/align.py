"""ALIGN (Jia et al. 2021, arXiv 2102.05918): an EfficientNet for pictures and a BERT for sentences.

A family of its own because its vision tower is convolutional and has no attention to show.
"""

from core.towers import Towers


class Align(Towers):
    MODEL_TYPES = ("align",)

    def temperature(self) -> float:
        """The logits are cosine similarity divided by this."""
        return float(self._network.temperature)
