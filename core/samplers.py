"""From noise to a picture in a few steps of a diffusion model.

DDPM (Ho et al. 2020, arXiv 2006.11239) adds new noise at every step; DDIM (Song et al. 2021, arXiv 2010.02502), the
second-order DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095) and Euler's rule (Karras et al. 2022, arXiv 2206.00364)
follow one curve. Timesteps and formulas are those of diffusers' schedulers, so the same weights, noise and settings
give the same picture. Classifier-free guidance: Ho & Salimans 2022, arXiv 2207.12598.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.arrays import Array, Floats, Result
from core.denoising import LEAST, Prediction, Predictor, Schedule
from core.errors import LoupeError

Sampler = Literal["DDIM", "DDPM", "DPM-Solver++", "Euler"]


@dataclass(frozen=True)
class Step(Result):
    """One step: at this timestep the latents before it, the noise and the clean latents seen in them, and after it.

    All at the variance that the network takes, whichever one the sampler reckons in.
    """

    timestep: float
    before: Array[Floats, "image channel row column"]
    noise: Array[Floats, "image channel row column"]
    clean: Array[Floats, "image channel row column"]
    after: Array[Floats, "image channel row column"]


@dataclass(frozen=True)
class Place:
    """A step of the plan: its timestep, how much signal (alpha) is there and how much after it."""

    timestep: float
    alpha: float
    after: float


def noise_like(shape: tuple[int, ...], seed: int, images: int = 1) -> np.ndarray:
    """[image ...] float32: standard normal, the same for each image."""
    drawn = np.random.default_rng(seed).standard_normal((1, *shape)).astype(np.float32)
    return np.repeat(drawn, images, axis=0)


def sample(
    model: Predictor,
    noise: np.ndarray,
    prompts: Sequence[Any],
    sampler: Sampler = "DDIM",
    steps: int = 20,
    guidance: float = 1.0,
    seed: int = 0,
) -> Iterator[Step]:
    """The steps from noise [image channel row column] to a picture for each prompt, one pass of the network a step.

    seed: of the noise that DDPM adds, the same for every image, and of what chance there is in reading. Raises
    LoupeError for more steps than the schedule has.
    """
    schedule, prompts = model.schedule(), model.read(prompts, seed)
    places = plan(schedule, sampler, steps)
    latents = noise.astype(np.float64)
    if sampler == "Euler" and schedule.spacing != "leading":
        latents = latents * np.sqrt(1 - places[0].alpha)
    chance = np.random.default_rng((seed, 1))  # another stream than the first noise's
    earlier: np.ndarray | None = None
    for number, place in enumerate(places):
        found = guided(model, latents.astype(np.float32), place.timestep, prompts, guidance)
        eps, clean = found.noise.astype(np.float64), found.clean.astype(np.float64)
        if sampler in ("DDIM", "DDPM") or (sampler == "DPM-Solver++" and schedule.thresholds):
            clean = schedule.held(clean)
        if sampler == "DDPM":
            after = ancestral(place, latents, clean)
            if place.timestep > 0:
                drawn = chance.standard_normal(latents.shape[1:]).astype(np.float32)
                after = after + np.sqrt(variance(place, schedule.variance)) * drawn
        elif sampler == "DPM-Solver++":
            after = solved(place, latents, clean, earlier, places[number - 1].alpha)
            earlier = clean
        else:
            after = np.sqrt(place.after) * clean + np.sqrt(1 - place.after) * eps
        yield Step(place.timestep, *(x.astype(np.float32) for x in (latents, eps, clean, after)))
        latents = after


def guided(
    model: Predictor, latents: np.ndarray, timestep: float, prompts: Sequence[Any], guidance: float
) -> Prediction:
    """The prediction away from that without words by ``guidance`` times the way to that with them, in one pass."""
    without = [""] * len(latents)
    wordless = all(isinstance(prompt, str) and not prompt for prompt in prompts)
    if not model.words() or guidance == 0 or wordless:
        return model.predict(latents, timestep, without)
    if guidance == 1:
        return model.predict(latents, timestep, prompts)
    both = model.predict(np.concatenate([latents, latents]), timestep, [*without, *prompts])
    halves = (np.split(part.astype(np.float64), 2) for part in (both.noise, both.clean))
    noise, clean = (plain + guidance * (told - plain) for plain, told in halves)
    return Prediction(noise.astype(np.float32), clean.astype(np.float32))


def plan(schedule: Schedule, sampler: Sampler, steps: int) -> list[Place]:
    """Which timesteps, and how much signal is left at each and after it."""
    whole = len(schedule.alphas)
    if not 1 <= steps < whole:
        raise LoupeError("The steps must lie between 1 and {most}, not {steps}.", most=whole - 1, steps=steps)
    times = timesteps(schedule, sampler, steps)
    alphas = [schedule.alpha(time) for time in times]
    if sampler in ("Euler", "DPM-Solver++"):
        alphas = [alpha or LEAST for alpha in alphas]
        after = [*alphas[1:], 1.0]
    elif sampler == "DDPM":
        after = [*alphas[1:], 1.0]
    else:
        back = [time - whole // steps for time in times]
        after = [schedule.alpha(time) if time >= 0 else schedule.last for time in back]
    return [Place(*place) for place in zip(times, alphas, after, strict=True)]


def timesteps(schedule: Schedule, sampler: Sampler, steps: int) -> list[float]:
    """From noise to clean, spread as the schedule says or else as diffusers spreads them for this sampler."""
    whole = len(schedule.alphas)
    spacing = schedule.spacing or ("leading" if sampler in ("DDIM", "DDPM") else "linspace")
    more = int(sampler == "DPM-Solver++")  # it counts the clean end as a step and leaves it out
    if spacing == "trailing":
        times = np.round(np.arange(whole, 0, -whole / steps)) - 1
    elif spacing == "leading":
        times = (np.arange(steps + more) * (whole // (steps + more)))[::-1] + schedule.offset
    else:
        times = np.linspace(0, whole - 1, steps + more, dtype=np.float32)[::-1]
        times = times if sampler == "Euler" else np.round(times)
    return [float(time) for time in times[:steps]]


def ancestral(place: Place, latents: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """The mean of what DDPM goes on with: formula 7 of its paper."""
    kept = place.alpha / place.after
    from_clean = np.sqrt(place.after) * (1 - kept) / (1 - place.alpha)
    return from_clean * clean + np.sqrt(kept) * (1 - place.after) / (1 - place.alpha) * latents


def variance(place: Place, kind: str) -> float:
    """Of the noise that DDPM adds."""
    lost = 1 - place.alpha / place.after
    return lost if kind == "fixed_large" else (1 - place.after) / (1 - place.alpha) * lost


def solved(
    place: Place, latents: np.ndarray, clean: np.ndarray, earlier: np.ndarray | None, alpha_earlier: float
) -> np.ndarray:
    """A step of DPM-Solver++: along the clean estimate, or also along how it changed since the step before."""
    if place.after == 1:
        return clean

    def odds(alpha: float) -> float:
        return 0.5 * np.log(alpha / (1 - alpha))

    far = odds(place.after) - odds(place.alpha)
    goal = clean
    if earlier is not None:
        ratio = (odds(place.alpha) - odds(alpha_earlier)) / far
        goal = clean + 0.5 * (clean - earlier) / ratio
    shrunk = np.sqrt((1 - place.after) / (1 - place.alpha))
    return shrunk * latents - np.sqrt(place.after) * np.expm1(-far) * goal
