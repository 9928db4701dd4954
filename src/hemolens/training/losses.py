"""Losses: logits and targets → one number to lower."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from hemolens.training.config import Loss


def output_loss(
    logits: Tensor, target: Tensor, weight: Tensor, kind: str, activate: Callable[[Tensor], Tensor] = torch.sigmoid
) -> Tensor:
    """Weighted mean over pixels of one output's loss; 0 when every weight is 0.

    Parameters
    ----------
    logits, target, weight : Tensor of float32, shape (N, h, w)
        Targets in 0 … 1; those of a density have no upper end.
    kind : {"bce", "mse", "bce+l1"}
        Binary cross-entropy (the paper's single-output networks), squared error of the probability (its dual-output
        ones), or the first and the absolute error together. Of a density, the squared error is the only one.
    activate : callable
        Logits → what the output says.

    """
    if kind == "bce":
        each = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    elif kind == "bce+l1":
        each = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
        each = each + (torch.sigmoid(logits) - target).abs()
    else:
        each = (activate(logits) - target) ** 2
    return (each * weight).sum() / weight.sum().clamp(min=1)


def total_loss(
    logits: Tensor,
    targets: Tensor,
    weights: Tensor,
    outputs: tuple[str, ...],
    losses: dict[str, Loss],
    activate: Callable[[Tensor], Tensor] = torch.sigmoid,
) -> Tensor:
    """Sum of the outputs' losses, each with its weight; (N, K, h, w) tensors, one channel an output."""
    total = logits.new_zeros(())
    for channel, name in enumerate(outputs):
        loss, target = losses[name], targets[:, channel]
        balanced = weights[:, channel] * (1 + (loss.foreground - 1) * target)
        total = total + loss.weight * output_loss(logits[:, channel], target, balanced, loss.kind, activate)
    return total
