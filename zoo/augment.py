"""Pictures made strange in style, so that what a model learns is not the style: batches of RGBA to RGB."""

import math

import torch
from torch.nn import functional


def some(count: int, share: float) -> torch.Tensor:
    """True for about this share of a batch, shaped to be broadcast over channel, row and column."""
    return (torch.rand(count) < share)[:, None, None, None]


def uniform(count: int, low: float, high: float) -> torch.Tensor:
    return (torch.rand(count) * (high - low) + low)[:, None, None, None]


def grey(rgb: torch.Tensor) -> torch.Tensor:
    return (rgb * torch.tensor([0.299, 0.587, 0.114])[None, :, None, None]).sum(1, keepdim=True)


def moves(mirror: torch.Tensor) -> torch.Tensor:
    """Turned, scaled, shifted and sheared a little, mirrored where mirror is true: [image 2 3], where each place of
    the new picture lies in the old, both in -1..1."""
    count = len(mirror)
    turn = (torch.randn(count) * 0.12).clamp(-0.4, 0.4)
    scale = torch.exp(torch.rand(count) * 0.55 - 0.15)
    stretch = torch.exp(torch.randn(count) * 0.07)
    flip = torch.where(mirror & (torch.rand(count) < 0.5), -1.0, 1.0)
    cos, sin, shear = torch.cos(turn) * scale, torch.sin(turn) * scale, torch.randn(count) * 0.05
    shift = (torch.rand(count, 2) - 0.5) * 0.25
    top = torch.stack([cos * flip * stretch, -sin + shear, shift[:, 0]], 1)
    low = torch.stack([sin * flip, cos / stretch, shift[:, 1]], 1)
    return torch.stack([top, low], 1)


def moved(x: torch.Tensor, move: torch.Tensor, side: int, beyond: str = "zeros") -> torch.Tensor:
    """[image channel height width] moved so, on a grid of side x side; what lies beyond is 0, or as the border."""
    grid = functional.affine_grid(move, [len(x), x.shape[1], side, side], align_corners=False)
    return functional.grid_sample(x, grid, mode="bilinear", padding_mode=beyond, align_corners=False)


def clear(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 [image height width RGBA] -> [image RGBA height width] in 0..1, colours times alpha."""
    x = pictures.permute(0, 3, 1, 2).float() / 255
    return torch.cat([x[:, :3] * x[:, 3:], x[:, 3:]], 1)


def blurred(x: torch.Tensor, width: int = 5) -> torch.Tensor:
    return functional.avg_pool2d(functional.avg_pool2d(x, width, 1, width // 2), width, 1, width // 2)


def style(pictures: torch.Tensor, mirror: torch.Tensor, side: int) -> torch.Tensor:
    """pictures uint8 [image height width RGBA], mirror bool [image] -> float [image 3 side side] in -1..1."""
    return restyled(moved(clear(pictures), moves(mirror), side))


def restyled(x: torch.Tensor) -> torch.Tensor:
    """[image RGBA side side], colours times alpha, on a ground and in a style of chance: [image 3 side side]."""
    count, side = len(x), x.shape[-1]
    alpha = x[:, 3:].clamp(0, 1)
    rgb = x[:, :3] / alpha.clamp(min=1e-3)
    light = grey(rgb)
    rgb = torch.where(some(count, 0.5), hue(rgb, torch.randn(count) * 0.06), rgb)
    rgb = light + (rgb - light) * uniform(count, 0.5, 1.6)
    rgb = torch.where(some(count, 0.1), light.expand_as(rgb), rgb)
    rgb = (rgb - 0.5) * uniform(count, 0.7, 1.4) + 0.5 + uniform(count, -0.12, 0.12)
    rgb = rgb.clamp(0, 1) ** torch.exp(uniform(count, -0.3, 0.3))
    levels = torch.randint(2, 6, (count,))[:, None, None, None].float()
    rgb = torch.where(some(count, 0.2), (blurred(rgb, 3) * levels).round() / levels, rgb)
    edges = (light - blurred(light)).abs().mul(6).clamp(0, 1) * alpha + (alpha - blurred(alpha)).abs().mul(3)
    drawn = (1 - edges.clamp(0, 1)).expand_as(rgb)
    dark = rgb * drawn
    rgb = torch.where(some(count, 0.12), dark, rgb)
    line = some(count, 0.08)
    rgb, alpha = torch.where(line, drawn, rgb), torch.where(line, torch.ones_like(alpha), alpha)
    ground = torch.ones(count, 3, 1, 1)
    ground = torch.where(some(count, 0.4), torch.rand(count, 3, 1, 1), ground)
    ground = torch.where(some(count, 0.08), torch.zeros_like(ground), ground)
    ground = torch.where(line, torch.ones_like(ground), ground)
    x = rgb * alpha + ground * (1 - alpha)
    x = torch.where(some(count, 0.15), blurred(x, 3), x)
    coarse = int(side * (0.4 + 0.4 * torch.rand(1).item()))
    pixelled = functional.interpolate(x, size=(coarse, coarse), mode="area")
    pixelled = functional.interpolate(pixelled, size=(side, side), mode="bilinear", align_corners=False)
    x = torch.where(some(count, 0.35), pixelled, x)
    x = torch.where(some(count, 0.1), (x + torch.randn_like(x) * 0.06).clamp(0, 1), x)
    return hidden(x, 0.15) * 2 - 1


def hidden(x: torch.Tensor, share: float) -> torch.Tensor:
    """A square of a third of the side painted over with one colour, in a share of the pictures."""
    side = x.shape[-1]
    place = torch.arange(side)
    left, top = torch.randint(0, side * 2 // 3, (2, len(x), 1))
    size = side // 3
    across = (place >= left) & (place < left + size)
    down = (place >= top) & (place < top + size)
    square = (down[:, :, None] & across[:, None, :])[:, None] & some(len(x), share)
    return torch.where(square, torch.rand(len(x), 3, 1, 1), x)


def hue(rgb: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    """Turn the hue by this many full circles: a rotation about the grey axis."""
    angle = turn * 2 * math.pi
    cos, sin = torch.cos(angle), torch.sin(angle) / math.sqrt(3)
    same, other = cos + (1 - cos) / 3, (1 - cos) / 3
    rows = torch.stack(
        [same, other - sin, other + sin, other + sin, same, other - sin, other - sin, other + sin, same], 1
    )
    return torch.einsum("bij,bjhw->bihw", rows.view(-1, 3, 3), rgb).clamp(0, 1)
