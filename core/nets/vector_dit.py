"""A diffusion transformer that draws toward a vector in place of a class (Peebles & Xie 2022, arXiv 2212.09748).

DiTTransformer2DModel of diffusers, whose table of labels in each block is a linear layer here: a picture's vector
goes in where a label's number went. Zeros stand for no vector.
"""

from typing import Any

from diffusers.configuration_utils import register_to_config
from diffusers.models.transformers.dit_transformer_2d import DiTTransformer2DModel
from torch import nn


class VectorDiT(DiTTransformer2DModel):
    """``forward(latents, timestep=[image], class_labels=[image dim])`` -> as DiTTransformer2DModel."""

    @register_to_config
    def __init__(
        self,
        vector_dim: int = 384,
        num_attention_heads: int = 4,
        attention_head_dim: int = 48,
        in_channels: int = 4,
        num_layers: int = 5,
        sample_size: int = 16,
        patch_size: int = 2,
    ):
        super().__init__(
            num_attention_heads=num_attention_heads,
            attention_head_dim=attention_head_dim,
            in_channels=in_channels,
            num_layers=num_layers,
            sample_size=sample_size,
            patch_size=patch_size,
            num_embeds_ada_norm=1,
        )
        blocks: Any = self.transformer_blocks
        for block in blocks:
            block.norm1.emb.class_embedder = nn.Linear(vector_dim, self.inner_dim)
