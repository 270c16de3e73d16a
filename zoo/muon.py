"""Muon (Jordan et al. 2024): momentum whose matrix is made orthogonal, for the matrices inside a network."""

from collections.abc import Iterable

import torch

QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonal(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """The nearest matrix with singular values about 1, by Newton-Schulz iteration in half precision."""
    a, b, c = QUINTIC
    x = matrix.bfloat16()
    if wide := x.shape[0] > x.shape[1]:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if wide else x).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """For parameters of two dimensions; Nesterov momentum, weight decay apart from the gradient."""

    def __init__(self, parameters: Iterable[torch.Tensor], lr: float, momentum: float = 0.95, decay: float = 0.05):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                kept = state.setdefault("momentum", torch.zeros_like(parameter))
                kept.lerp_(parameter.grad, 1 - group["momentum"])
                ahead = parameter.grad.lerp(kept, group["momentum"])
                rows, columns = parameter.shape
                parameter.mul_(1 - group["lr"] * group["decay"])
                parameter.add_(orthogonal(ahead), alpha=-group["lr"] * max(1, rows / columns) ** 0.5)
