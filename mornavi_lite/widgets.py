"""Sliders that work without a kernel: every picture is drawn beforehand, and the slider chooses which one is seen.

Slider, play button and pictures are linked in the browser, so they work in the book's pages, from disk and offline,
as they do in a live notebook. Every picture has a text for readers who do not see it.

Needs ipywidgets and Matplotlib: ``pip install "mornavi-lite[plots]"``.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

try:
    import ipywidgets
    from matplotlib.figure import Figure
    from PIL import Image
except ImportError as error:
    raise ImportError("mornavi_lite.widgets needs ipywidgets, Matplotlib: pip install 'mornavi-lite[plots]'") from error

from ._plot_style import png, short

__all__ = ["slider"]


def slider(
    frames: Sequence[Figure], label: str, alt: str | Sequence[str], values: Sequence[Any] | None = None
) -> ipywidgets.VBox:
    """A slider, and a play button, over figures drawn beforehand; it needs no kernel.

    Parameters
    ----------
    frames : sequence of matplotlib.figure.Figure
        The pictures, all of one size. Up to a dozen keep a page light (10 to 20 kB each).
    label : str
        What the slider sets, such as "radius ρ".
    alt : str or sequence of str
        What each picture shows, for readers who do not see it: one text for each, all different; or one text with
        ``{}`` in it, which stands for the value.
    values : sequence, optional
        The value that belongs to each picture; a number is shown with three digits. Default: 1, 2, ...

    Returns
    -------
    ipywidgets.VBox
        Show it as the last expression of a cell. Its children are the controls and the ``Stack`` of pictures.

    Raises
    ------
    ValueError, TypeError
        If a frame is not a figure, sizes differ, there is not one value and one alternative text for each, two of them
        are the same, or one is empty.

    Examples
    --------
    >>> from mornavi_lite import plots, widgets
    >>> frames = [plots.value_against_radius([0, 1], {"line": [0, k]}) for k in (1, 2)]
    >>> shown = widgets.slider(frames, "slope", "A line that rises to {}.", values=[1, 2])
    >>> len(shown.children[1].children)
    2
    """
    words = _words(frames, values)
    texts = _alternatives(alt, words)
    pictures = [ipywidgets.HTML(_tag(frame, text)) for frame, text in zip(frames, texts, strict=True)]
    stack = ipywidgets.Stack(pictures, selected_index=0, layout={"width": "100%"})
    play = ipywidgets.Play(min=0, max=len(words) - 1, value=0, interval=900, layout={"width": "auto"})
    choice = ipywidgets.SelectionSlider(
        options=[(word, k) for k, word in enumerate(words)],
        index=0,
        description=str(label),
        style={"description_width": "initial"},
        layout={"width": "auto", "min_width": "14em", "flex": "1 1 14em"},
        continuous_update=True,
    )
    links = [ipywidgets.jslink((play, "value"), (choice, "index"))]
    links.append(ipywidgets.jslink((choice, "index"), (stack, "selected_index")))
    controls = ipywidgets.HBox([play, choice], layout={"flex_flow": "row wrap", "max_width": "40em"})
    shown = ipywidgets.VBox([controls, stack])
    shown.links = links  # kept alive with it
    return shown


def _words(frames: Sequence[Figure], values: Sequence[Any] | None) -> list[str]:
    """The value of each frame as text, after a check of the frames."""
    if not isinstance(frames, Sequence) or not len(frames):
        raise ValueError("frames must be a sequence of at least one figure")
    for k, frame in enumerate(frames):
        if not isinstance(frame, Figure):
            raise TypeError(f"frames[{k}] must be a Matplotlib figure, got {type(frame).__name__}")
        size, first = [tuple(f.get_size_inches() * f.dpi) for f in (frame, frames[0])]
        if size != first:
            raise ValueError(f"frames[{k}] must be as large as frames[0], {first} pixels, got {size}")
    given = list(range(1, len(frames) + 1)) if values is None else list(values)
    if len(given) != len(frames):
        raise ValueError(f"values must have one entry for each of the {len(frames)} frames, got {len(given)}")
    words = [value if isinstance(value, str) else short(value) for value in given]
    if len(set(words)) < len(words):
        raise ValueError(f"values must differ in their first three digits, got {given}")
    return words


def _alternatives(alt: str | Sequence[str], words: list[str]) -> list[str]:
    texts = [alt.replace("{}", word) for word in words] if isinstance(alt, str) else [str(text) for text in alt]
    if len(texts) != len(words):
        raise ValueError(f"alt must have one text for each of the {len(words)} frames, got {len(texts)}")
    for k, text in enumerate(texts):
        if not text.strip():
            raise ValueError(f"alt[{k}] must not be empty")
        if text in texts[:k]:
            raise ValueError(f"alt[{k}] must differ from alt[{texts.index(text)}]: {text!r}")
    return texts


def _tag(frame: Figure, alt: str) -> str:
    """The picture as an HTML image that brings its data along and shrinks with the page."""
    width, height = (round(float(n)) for n in frame.get_size_inches() * frame.dpi)
    data = base64.b64encode(_small(png(frame))).decode()
    return (
        f'<img alt="{html.escape(alt)}" width="{width}" height="{height}" '
        f'style="max-width: 100%; height: auto" src="data:image/png;base64,{data}">'
    )


def _small(picture: bytes) -> bytes:
    """The picture with 128 colours, which takes a third of the bytes."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        reduced = image.convert("RGB").quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    reduced.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
