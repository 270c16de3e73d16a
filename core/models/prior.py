"""unCLIP's prior in a row of its own, with the dual encoder that lies beside it: Kandinsky's."""

from typing import ClassVar, Self

from core import prior
from core.checkpoints import Checkpoint


class VectorPrior(prior.Prior):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("KandinskyV22PriorPipeline",)
    TAB: ClassVar[str] = "unCLIP"

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: str) -> Self:
        """Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class."""
        return cls.among(checkpoint, device)
