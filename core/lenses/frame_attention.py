"""Self-attention within a frame and through time, factorised as in video transformers (Ma et al. 2024, arXiv
2401.03048; Arnab et al. 2021, arXiv 2103.15691).
"""

from dataclasses import dataclass
from typing import Annotated

from core.arrays import Array, Floats, Result
from core.errors import LoupeError
from core.lenses.attention_heads import place
from core.lenses.trajectory import small
from core.lenses.video import estimate, middle
from core.params import Picked, Progress, Prompt, Range
from core.samplers import noise_like, sample
from core.video import FrameAttending

ACROSS = 4  # frames side by side


@dataclass(frozen=True)
class FrameLooks(Result):
    """Where one patch looks (see ``core.video.FrameAttention``), as (frame, row, column).

    frames: the network's guess of the film at that step; picked: the click that chose the patch, "" for none.
    """

    frames: Array[Floats, "frame height width rgb"]
    within: Array[Floats, "layer head frame row column"]
    through: Array[Floats, "layer head frame frame"]
    patch: tuple[int, int, int]
    picked: str
    timestep: float


def frame_attention(
    model: FrameAttending,
    prompt: Prompt,
    patch: Annotated[str, Picked(20)] = "",
    at_step: Annotated[int, Range(1, 30, 1)] = 6,
    steps: Annotated[int, Range(4, 30, 1)] = 10,
    guidance: Annotated[float, Range(0, 15, 0.5)] = 3.0,
    seed: Annotated[int, Range(0, 99, 1)] = 0,
    progress: Progress = lambda done, total: None,
) -> FrameLooks:
    """Where a patch looks within its own frame, and which frames it looks at in its own place.

    Click a patch in any frame; the slider goes through layers and heads. Layers take turns: one kind lets each patch
    look at all patches of its frame (the maps, in the layout of the frames, as shares of the largest weight, which
    the number tells), the other lets it look at the same place in all frames (the square: a row is a frame that
    looks, a column one that is looked at; the bars are the row of the clicked frame). A bright diagonal means that
    every frame keeps to itself. No patch looks at another place of another frame: it takes two layers to follow what
    moves. A bright weight says what was read, not that it mattered.
    """
    if at_step > steps:
        raise LoupeError(
            "Step {step} is asked for, but there are {steps}. Lower it or take more steps.",
            step=at_step,
            steps=steps,
        )
    sentence = prompt.strip() if model.words() else ""
    path = sample(model, noise_like(model.film_shape(), seed), [sentence], "DDIM", steps, guidance, seed)
    for done in range(1, at_step):
        next(path)
        progress(done, at_step)
    step = next(path)
    frames = small(model.frames(estimate(step)))
    chosen = asked(patch, len(frames), *model.places())
    if chosen is None:
        frame, (rows, columns) = len(frames) // 2, model.places()
        down, across = middle(frames)[frame]
        chosen = (frame, min(int(down * rows), rows - 1), min(int(across * columns), columns - 1))
        patch = ""
    found = model.frame_attention(step.before[0], step.timestep, sentence, chosen[1:])
    progress(at_step, at_step)
    return FrameLooks(frames, found.within, found.through, chosen, patch, step.timestep)


def asked(patch: str, frames: int, rows: int, columns: int) -> tuple[int, int, int] | None:
    """(frame, row, column) of a click on the frames, ACROSS in a line; None where nothing was clicked there."""
    lines = -(-frames // ACROSS)
    at = place(patch, lines * rows, min(ACROSS, frames) * columns)
    if at is None:
        return None
    frame = at[0] // rows * ACROSS + at[1] // columns
    return (frame, at[0] % rows, at[1] % columns) if frame < frames else None
