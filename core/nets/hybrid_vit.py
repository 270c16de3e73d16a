"""A hybrid vision transformer (Dosovitskiy et al. 2020, arXiv 2010.11929, section 3.1): patches are CNN features.

EfficientNet-Lite0's map at 1/16 of the side gives the patch tokens; its pooled feature is where the class token
starts, so the CNN's view of the whole stands in the residual stream and the layers add what the patches tell.
"""

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from core.nets.efficientnet_lite import GRID_CHANNELS, HEAD, EfficientNetLite


class HybridViTConfig(PreTrainedConfig):
    model_type = "loupe_hybrid_vit"

    def __init__(
        self,
        hidden_size: int = 384,
        num_hidden_layers: int = 3,
        num_attention_heads: int = 6,
        intermediate_size: int = 768,
        image_size: int = 128,
        layer_scale: float = 0.1,
        layer_norm_eps: float = 1e-6,
        **kwargs,
    ):
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.intermediate_size = intermediate_size
        self.image_size = image_size
        self.patch_size = 16
        self.layer_scale = layer_scale
        self.layer_norm_eps = layer_norm_eps
        super().__init__(**kwargs)


class Layer(nn.Module):
    """Pre-norm self-attention and MLP, each scaled by a learned vector (Touvron et al. 2021, arXiv 2103.17239)."""

    def __init__(self, config: HybridViTConfig):
        super().__init__()
        dim = config.hidden_size
        self.heads = config.num_attention_heads
        self.norm_attention = nn.LayerNorm(dim, config.layer_norm_eps)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.norm_mlp = nn.LayerNorm(dim, config.layer_norm_eps)
        self.up = nn.Linear(dim, config.intermediate_size)
        self.down = nn.Linear(config.intermediate_size, dim)
        self.scale_attention = nn.Parameter(torch.full((dim,), config.layer_scale))
        self.scale_mlp = nn.Parameter(torch.full((dim,), config.layer_scale))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x [image token dim] -> x, weights [image head token token]."""
        images, tokens, dim = x.shape
        qkv = self.qkv(self.norm_attention(x)).view(images, tokens, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-1, -2) * (dim // self.heads) ** -0.5).softmax(dim=-1)
        mixed = (weights @ v).transpose(1, 2).reshape(images, tokens, dim)
        x = x + self.scale_attention * self.out(mixed)
        x = x + self.scale_mlp * self.down(functional.gelu(self.up(self.norm_mlp(x))))
        return x, weights


class HybridViTModel(PreTrainedModel):
    config_class = HybridViTConfig
    base_model_prefix = "hybrid_vit"
    main_input_name = "pixel_values"

    def __init__(self, config: HybridViTConfig):
        super().__init__(config)
        dim, side = config.hidden_size, config.image_size // config.patch_size
        self.trunk = EfficientNetLite()
        self.norm_patches = nn.LayerNorm(GRID_CHANNELS, config.layer_norm_eps)
        self.embed_patches = nn.Linear(GRID_CHANNELS, dim)
        self.embed_pooled = nn.Linear(HEAD, dim)
        self.class_token = nn.Parameter(torch.zeros(dim))
        self.positions = nn.Parameter(torch.randn(1, dim, side, side) * 0.02)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.LayerNorm(dim, config.layer_norm_eps)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)

    def tokens(self, grid: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
        """The trunk's map and the class token's start [image dim] -> all tokens, [image 1+row·column dim]."""
        place = self.positions
        if place.shape[-2:] != grid.shape[-2:]:
            place = functional.interpolate(place, size=grid.shape[-2:], mode="bicubic", align_corners=False)
        patches = self.embed_patches(self.norm_patches(grid.permute(0, 2, 3, 1)))
        patches = (patches + place.permute(0, 2, 3, 1)).flatten(1, 2)
        return torch.cat([(start + self.class_token)[:, None], patches], dim=1)

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
        """Tokens through the layers -> the normed last state, every state, every layer's weights."""
        states, weights = [x], []
        for layer in self.layers:
            x, attention = layer(x)
            states.append(x)
            weights.append(attention)
        return self.norm(x), states, weights

    def forward(
        self,
        pixel_values: torch.Tensor,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        **kwargs,
    ) -> BaseModelOutputWithPooling:
        """pixel_values [image 3 height width] in -1..1; pooled output: the class token after the last norm."""
        grid, pooled = self.trunk(pixel_values)
        last, states, weights = self.encode(self.tokens(grid, self.embed_pooled(pooled)))
        return BaseModelOutputWithPooling(
            last_hidden_state=last,  # type: ignore[arg-type]
            pooler_output=last[:, 0],  # type: ignore[arg-type]
            hidden_states=tuple(states) if output_hidden_states else None,
            attentions=tuple(weights) if output_attentions else None,
        )


AutoConfig.register(HybridViTConfig.model_type, HybridViTConfig)
AutoModel.register(HybridViTConfig, HybridViTModel)
