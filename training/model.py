"""The network as PyTorch trains it; `unsplice.blind.fusion.network` is the same without PyTorch."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

__all__ = ["DILATIONS", "POOLED", "WIDTH", "FusionModule"]

WIDTH: Final = 32
DILATIONS: Final = (1, 2, 4, 8, 2, 1)
POOLED: Final = (2, 5)  # blocks that are told of the whole picture before
_SCALAR_WIDTH: Final = 24
_DETECTION_WIDTH: Final = 16


class FusionModule(nn.Module):
    """Maps and scalars, standardised, to a logit a block and one for the picture."""

    def __init__(self, maps: int, scalars: int) -> None:
        super().__init__()
        self.entry = nn.Conv2d(maps, WIDTH, 1)
        self.scalars = nn.Sequential(
            nn.Linear(scalars, _SCALAR_WIDTH), nn.ReLU(), nn.Linear(_SCALAR_WIDTH, WIDTH)
        )
        self.blocks = nn.ModuleList(
            nn.Conv2d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation)
            for dilation in DILATIONS
        )
        self.gains = nn.Parameter(torch.full((len(DILATIONS), WIDTH), 0.3))
        self.pools = nn.ModuleDict({str(i): nn.Linear(2 * WIDTH, WIDTH) for i in POOLED})
        self.exit = nn.Conv2d(WIDTH, 1, 1)
        self.detection = nn.Sequential(
            nn.Linear(2 * WIDTH + 2, _DETECTION_WIDTH), nn.ReLU(), nn.Linear(_DETECTION_WIDTH, 1)
        )

    def forward(self, maps: Tensor, scalars: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (n, rows, cols) and those of the pictures (n,) of (n, maps, rows, cols)."""
        hidden = torch.relu(self.entry(maps) + self.scalars(scalars)[:, :, None, None])
        for i, block in enumerate(self.blocks):
            if i in POOLED:
                hidden = hidden + self.pools[str(i)](_pooled(hidden))[:, :, None, None]
            hidden = hidden + self.gains[i][None, :, None, None] * torch.relu(block(hidden))
        logits = self.exit(hidden)[:, 0]
        flat = logits.flatten(1)
        highest = flat.topk(max(1, flat.shape[1] // 100), dim=1).values
        parts = [_pooled(hidden), highest.mean(1, keepdim=True), highest[:, :1]]
        return logits, self.detection(torch.cat(parts, dim=1))[:, 0]


def _pooled(hidden: Tensor) -> Tensor:
    flat = hidden.flatten(2)
    return torch.cat([flat.mean(2), torch.sqrt(flat.var(2, unbiased=False) + 1e-8)], dim=1)
