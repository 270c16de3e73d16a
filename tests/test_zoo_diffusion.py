"""The recipes of demo-ddpm and demo-pixels on made-up drawings and networks whose answers are known."""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from zoo import denoising, diffusion, pixel_diffusion
from zoo.denoising import Crew, Loss, Optimizers, schedule, sheet, teach
from zoo.diffusion import sampled
from zoo.diffusion_data import Drawn, Texts, captions, chosen
from zoo.diffusion_scores import ranks
from zoo.drawing import Picture


def row(group: str, en: list[str], zh: list[str]) -> Picture:
    return Picture("a", "fluent-flat", group, "1f600", {"en": en, "zh": zh})


def made(names: Sequence[str] = "abcdef") -> Drawn:
    """Two captions each, as one token of two numbers that tell which drawing it is."""
    torch.manual_seed(0)
    count = len(names)
    states = torch.zeros(1 + 2 * count, 1, 2)
    states[1:, 0, 0] = torch.arange(count).repeat_interleave(2) + 1.0
    ways = torch.arange(1, 1 + 2 * count).view(count, 2)
    latents = torch.randn(count, 4, 16, 16) * 3 + 5
    texts = Texts(states, torch.ones(1 + 2 * count, 1, dtype=torch.bool))
    return Drawn(latents, texts, ways, [[name, name] for name in names])


class Knowing(nn.Module):
    """Tells the velocity of the drawing that it knows; asked without words that of its negative."""

    def __init__(self, known: torch.Tensor):
        super().__init__()
        self.known = known

    def forward(self, noisy, steps, states, encoder_attention_mask):
        kept = schedule().alphas_cumprod[steps].view(-1, 1, 1, 1)
        drawing = torch.where((states[:, 0, 0] > 0).view(-1, 1, 1, 1), self.known, -self.known)
        noise = (noisy - kept.sqrt() * drawing) / (1 - kept).sqrt()
        return SimpleNamespace(sample=kept.sqrt() * noise - (1 - kept).sqrt() * drawing)


def test_things_of_one_word_and_a_few_of_two_are_chosen():
    rows = [
        row("animals", ["cat"], ["猫"]),
        row("animals", ["polar bear"], ["北极熊"]),
        row("animals", ["black bird"], ["黑色的鸟"]),
        row("travel", ["two-thirty"], ["两点半"]),
        row("symbols", ["plus"], ["加"]),
        row("food", ["pie"], []),
        row("food", ["pizza"], ["披萨"]),
    ]
    assert chosen(rows) == [0, 1, 6]


def test_captions_are_in_both_languages():
    found = captions(row("animals", ["cat", "kitty"], ["猫"]))
    assert {"cat", "a cat", "kitty", "a picture of cat", "猫", "猫的图片"} == set(found)


def test_latents_have_variance_one_and_come_back():
    drawn = made()
    assert drawn.latents.std((0, 2, 3)).tolist() == pytest.approx([1] * 4, abs=1e-4)
    assert drawn.latents.mean().item() == pytest.approx(0, abs=1e-5)
    assert drawn.unscaled(drawn.latents).mean().item() == pytest.approx(5, abs=0.3)


def test_what_two_words_name_is_shown_more_often():
    drawn = made(["cat", "black cat"])
    torch.manual_seed(0)
    latents, *_ = drawn.batch(1000, 0.0)
    assert (latents == drawn.latents[1]).flatten(1).all(1).float().mean() == pytest.approx(0.8, abs=0.05)


def test_a_batch_pairs_each_drawing_with_its_own_words():
    drawn = made()
    latents, states, real = drawn.batch(64, wordless=0.25)
    said = states[:, 0, 0].long()
    assert 0 < (said == 0).sum() < 40 and real.all()
    for latent, number in zip(latents, said, strict=True):
        assert number == 0 or torch.equal(latent, drawn.latents[number - 1])


def test_the_right_velocity_has_no_loss_and_a_wrong_one_weighs_less_near_the_end():
    known, alphas = torch.randn(1, 4, 16, 16), schedule().alphas_cumprod
    drawn, states = known.expand(8, -1, -1, -1), torch.ones(8, 1, 2)
    assert Loss(Knowing(known), alphas)(drawn, states, None).item() == pytest.approx(0, abs=1e-5)
    zero = Loss(nn.Module(), alphas)
    zero.network = lambda noisy, *_, **__: SimpleNamespace(sample=torch.zeros_like(noisy))  # pyright: ignore
    torch.manual_seed(0)
    everywhere = zero(drawn, states, None).item()
    zero.alphas = alphas[:50]
    assert zero(drawn, states, None).item() < 0.1 * everywhere


@pytest.mark.parametrize(("guidance", "sign"), [(1.0, 1.0), (0.0, -1.0)])
def test_sampling_arrives_at_what_the_network_knows(guidance, sign):
    known = torch.randn(1, 4, 16, 16)
    one, none = (Texts(torch.full((1, 1, 2), value), torch.ones(1, 1, dtype=torch.bool)) for value in (1.0, 0.0))
    found = sampled(Knowing(known), one, none, guidance=guidance)  # pyright: ignore[reportArgumentType]
    assert (found - sign * known).abs().max().item() < 0.05


def test_every_parameter_is_stepped_by_one_process():
    network = diffusion.build()
    before = [p.detach().clone() for p in network.parameters()]
    for p in network.parameters():
        p.grad = torch.randn_like(p)
    changed = []
    for rank in range(2):
        Optimizers(network, rank, 2, diffusion.ENDS).step(1.0)
        changed.append([not torch.equal(p, old) for p, old in zip(network.parameters(), before, strict=True)])
        for p, old in zip(network.parameters(), before, strict=True):
            p.data.copy_(old)
    assert all(first != second for first, second in zip(*changed, strict=True))


def test_gradients_are_the_mean_of_all_processes():
    network = nn.Linear(2, 1)
    crew = Crew(network, 2, ())
    crew.gate = SimpleNamespace(wait=lambda: None)  # pyright: ignore[reportAttributeAccessIssue]
    crew.gradients[1] = torch.tensor([4.0, 6.0, 8.0])
    network.weight.grad, network.bias.grad = torch.tensor([[2.0, 2.0]]), torch.tensor([2.0])
    crew.gather(0)
    assert network.weight.grad.tolist() == [[3.0, 4.0]] and network.bias.grad.tolist() == [5.0]


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, noisy, *_, **__):
        return SimpleNamespace(sample=self.layer(noisy))


def test_teaching_lowers_the_loss_keeps_its_curve_and_goes_on(monkeypatch, tmp_path):
    monkeypatch.setattr(denoising, "SAVE_EVERY", 0.0)
    drawn, crew = made(), Crew(Small(), 1, ())
    loss = Loss(crew.network, schedule().alphas_cumprod)

    def judge(weights: list[torch.Tensor]) -> dict[str, float]:
        return {"judged": len(weights)}

    curve = teach(crew, 0, lambda: loss(*drawn.batch(8, 0.1)), 0.03, judge, tmp_path)
    assert curve[-1]["loss"] < curve[0]["loss"] and curve[-1]["judged"] == 2
    again = teach(crew, 0, lambda: loss(*drawn.batch(8, 0.1)), 0.04, judge, tmp_path)
    assert again[-1]["step"] > curve[-1]["step"] and again[0] == curve[0]
    over = teach(crew, 0, lambda: loss(*drawn.batch(8, 0.1)), 0.01, judge, tmp_path)
    assert np.isfinite(over[-1]["loss"]) and over[-1]["step"] == again[-1]["step"]


def test_ranks_count_what_is_nearer():
    texts = torch.eye(3)
    pictures = torch.tensor([[0.9, 0.1, 0.0], [0.9, 0.4, 0.1]])
    found = ranks(pictures, texts, torch.tensor([0, 1]))
    assert found["R@1"] == 0.5 and found["R@10"] == 1.0


def test_a_sheet_goes_from_left_to_right():
    pictures = torch.stack([torch.full((3, 2, 2), value) for value in (-1.0, 0.0, 1.0, 2.0)])
    assert [sheet(pictures, 2).getpixel(place) for place in ((0, 0), (2, 0), (0, 2), (2, 2))] == [
        (0, 0, 0),
        (128, 128, 128),
        (255, 255, 255),
        (255, 255, 255),
    ]


def test_smileys_are_chosen_and_half_of_them_mirrored():
    rows = [row("faces", ["grinning face"], []), row("animals", ["cat face"], []), row("faces", ["ghost"], [])]
    assert pixel_diffusion.chosen(rows) == [0]
    torch.manual_seed(0)
    picture = torch.randn(1, 3, 32, 32)
    found = pixel_diffusion.batch(picture)
    kept, turned = ((found == one).flatten(1).all(1) for one in (picture, picture.flip(3)))
    assert 0.25 < kept.float().mean() < 0.75 and (kept ^ turned).all()


def test_the_nearest_face_may_be_mirrored():
    pictures = torch.randn(3, 3, 32, 32)
    found = pixel_diffusion.nearest(torch.stack([pictures[1].flip(2), pictures[2] + 0.5]), pictures)
    assert found.tolist() == pytest.approx([0, 0.25], abs=1e-3)


def test_the_pixel_network_answers_without_words():
    network = pixel_diffusion.build()
    noise = torch.randn(2, 3, 32, 32)
    assert denoising.sampled(pixel_diffusion.reading(network), noise, (), (), 2, 1.0).shape == noise.shape
