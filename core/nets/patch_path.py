"""The value path of a vision tower's last layer (MaskCLIP, arXiv 2112.01071): each patch hands on what it holds.

That is the last layer with every token attending to itself alone, as it does when it is a sequence of its own. In a
hybrid tower the patches have seen their surroundings in the CNN below, so there it is every layer: after the first ones
the patches of a plain background hold more of the whole picture than those of the thing in it.
"""

from typing import Any

import torch


def alone(network: Any, pixels: torch.Tensor) -> torch.Tensor:
    """[token dim] of one picture in the joint space, not normed; the class token, where there is one, first."""
    tower = network.vision_model
    output = tower(pixel_values=pixels, output_hidden_states=True)
    if hasattr(tower, "head"):  # SigLIP: one more attention, which pools; asked of one patch at a time
        return tower.head(output.last_hidden_state[0, :, None])
    layers, states = (tower.encoder if hasattr(tower, "encoder") else tower).layers, output.hidden_states
    hybrid = hasattr(layers[0], "qkv")
    x = states[0 if hybrid else -2][0, :, None]
    for layer in layers if hybrid else layers[-1:]:
        x = layer(x, **({} if hybrid else {"attention_mask": None}))
        x = x[0] if isinstance(x, tuple) else x
    norm = next(getattr(tower, name) for name in ("post_layernorm", "layernorm", "norm") if hasattr(tower, name))
    x = norm(x)
    pooler = getattr(tower, "pooler", None)
    return network.visual_projection(pooler(x) if pooler is not None else x[:, 0])
