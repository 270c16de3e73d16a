"""What each input vector did for an answer, by captum (Kokhlikyan et al. 2020, arXiv 2009.07896)."""

from collections.abc import Callable

import torch
from captum.attr import InputXGradient, IntegratedGradients

ROWS = 2048
"""Tokens that pass through the network at once, all steps of the path together."""


def gradient_times_input(
    answer: Callable[[torch.Tensor], torch.Tensor], vectors: torch.Tensor, baseline: torch.Tensor
) -> torch.Tensor:
    """[token], Shrikumar et al. 2016 (arXiv 1605.01713), of the difference to the baseline.

    answer: from vectors [text token dim] to one number a text. vectors, baseline: [token dim].
    """
    moves = (vectors - baseline)[None].requires_grad_()
    found = InputXGradient(lambda moved: answer(baseline + moved)).attribute(moves)
    return found[0].sum(-1).detach()


def integrated_gradients(
    answer: Callable[[torch.Tensor], torch.Tensor], vectors: torch.Tensor, baseline: torch.Tensor, steps: int
) -> torch.Tensor:
    """[token], Sundararajan et al. 2017 (arXiv 1703.01365), by Gauss and Legendre's rule with so many steps."""
    found = IntegratedGradients(answer).attribute(
        vectors[None],
        baseline[None],
        n_steps=steps,
        method="gausslegendre",
        internal_batch_size=max(1, ROWS // len(vectors)),
    )
    return found[0].sum(-1).detach()
