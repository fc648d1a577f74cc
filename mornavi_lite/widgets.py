"""Sliders that work without a kernel: every picture is drawn beforehand, and the slider chooses which one is seen.

Slider, play button and pictures are linked in the browser, so they work in the book's pages, from disk and offline,
as they do in a live notebook. There a second slider can take the values between, and the kernel draws what it says.
Every picture has a text for readers who do not see it.

Needs ipywidgets and Matplotlib: ``pip install "mornavi-lite[plots]"``.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

try:
    import ipywidgets
    from matplotlib.figure import Figure
    from PIL import Image
except ImportError as error:
    raise ImportError("mornavi_lite.widgets needs ipywidgets, Matplotlib: pip install 'mornavi-lite[plots]'") from error

from . import checks
from .plots import png
from .plots.style import short

__all__ = ["slider"]

#: What a slider can be set to.
_VALUES = (str, int, float, np.integer, np.floating)


def slider(
    frames: Sequence[Figure] | Callable[[Any], Figure],
    label: str,
    alt: str | Sequence[str] | Callable[[Any], str],
    values: Sequence[Any] | None = None,
    start: Any = None,
) -> ipywidgets.VBox:
    """A slider, and a play button, over figures drawn beforehand; it needs no kernel.

    Parameters
    ----------
    frames : sequence of matplotlib.figure.Figure, or function from a value to a figure
        The pictures, all of one size. Up to a dozen keep a page light (10 to 20 kB each). A function draws one for each
        value now; where a kernel runs, the first move brings a second slider, for the values between, and the kernel
        draws them when they are asked for.
    label : str
        What the slider sets, such as "radius ρ".
    alt : str, sequence of str, or function from a value to a str
        What each picture shows, for readers who do not see it: one text for each, all different; or one text with
        ``{}`` in it, which stands for the value; or a function that makes the text.
    values : sequence, optional
        The value that belongs to each picture; a number is shown with three digits. Default: 1, 2, ... A function
        as ``frames`` needs them: numbers, each larger than the one before.
    start : one of the values, optional
        What is seen before anybody moves the slider: choose the picture that tells something. Default: the first.

    Returns
    -------
    ipywidgets.VBox
        Show it as the last expression of a cell. Its children are the controls and the ``Stack`` of pictures.

    Raises
    ------
    ValueError, TypeError
        If a frame is not a figure, sizes differ, ``start`` is none of the values, there is not one value and one
        alternative text for each, two of them are the same, one is empty, or the values or texts of a function cannot
        be continued between the given ones.

    Examples
    --------
    >>> from mornavi_lite import plots, widgets
    >>> def line(k):
    ...     return plots.value_against_radius([0, 1], {"line": [0, k]})
    >>> shown = widgets.slider(line, "slope", "A line that rises to {}.", values=[1, 2])
    >>> len(shown.children[1].children)
    2
    """
    if callable(frames):
        values = _check_between(alt, values)
        draw, frames = frames, [frames(value) for value in values]
    else:
        draw = None
    given = _check_frames(frames, values)
    texts = _alternatives(alt, given)
    pictures = [ipywidgets.HTML(_tag(frame, text)) for frame, text in zip(frames, texts, strict=True)]
    if start is not None and (not isinstance(start, _VALUES) or start not in given):
        raise ValueError(f"start must be one of the values {given}, got {checks.brief(start)}")
    first = 0 if start is None else given.index(start)
    stack = ipywidgets.Stack(pictures, selected_index=first, layout={"width": "100%"})
    play = ipywidgets.Play(min=0, max=len(given) - 1, value=first, interval=900, layout={"width": "auto"})
    choice = _choice(str(label), [(_word(value), k) for k, value in enumerate(given)], index=first)
    links = [ipywidgets.jslink((play, "value"), (choice, "index"))]
    links.append(ipywidgets.jsdlink((choice, "index"), (stack, "selected_index")))
    row = {"flex_flow": "row wrap", "max_width": "40em", "grid_gap": "4px 12px"}
    controls = ipywidgets.HBox([play, choice], layout=row)
    if draw is not None:
        _offer_between(given, choice, controls, stack, lambda x: _tag(draw(x), _text(alt, x)))
    shown = ipywidgets.VBox([controls, stack])
    shown.links = links  # kept alive with it
    return shown


def _choice(label: str, options: Sequence[tuple[str, Any]], **more: Any) -> ipywidgets.SelectionSlider:
    return ipywidgets.SelectionSlider(
        options=options,
        description=label,
        style={"description_width": "initial"},
        layout={"width": "auto", "min_width": "14em", "flex": "1 1 14em"},
        **more,
    )


def _offer_between(
    values: list[Any],
    choice: ipywidgets.SelectionSlider,
    controls: ipywidgets.HBox,
    stack: ipywidgets.Stack,
    picture: Callable[[Any], str],
) -> None:
    """Wait for the first move that a kernel hears of: it shows that one runs. Then add the slider of values between."""

    def appear(change: Any) -> None:
        choice.unobserve(appear, "index")
        options = [(_word(value), value) for value in _between(values)]
        between = _choice("between", options, value=values[choice.index], continuous_update=False)
        drawn = ipywidgets.HTML()

        def show(change: Any) -> None:
            drawn.value = picture(change["new"])
            stack.selected_index = len(values)

        def follow(change: Any) -> None:
            between.unobserve(show, "value")  # the picture is there already
            between.value = values[change["new"]]
            between.observe(show, "value")

        between.observe(show, "value")
        choice.observe(follow, "index")
        stack.children += (drawn,)
        controls.children += (between,)

    choice.observe(appear, "index")


def _between(values: list[Any], steps: int = 10) -> list[Any]:
    """The values, and up to nine numbers of three digits between each and the next; between integers only integers."""
    fine = np.interp(np.arange((len(values) - 1) * steps + 1) / steps, np.arange(len(values)), values)
    if all(isinstance(value, (int, np.integer)) for value in values):
        return [int(x) for x in np.unique(fine.round())]
    kept = {_word(value): value for value in values}
    for x in fine:
        kept.setdefault(short(x), float(f"{x:.3g}"))
    return sorted(kept.values())


def _check_between(alt: Any, values: Sequence[Any] | None) -> list[Any]:
    """The values, if pictures and texts can be made for others between them."""
    given = list(values) if isinstance(values, (Sequence, np.ndarray)) else []
    if not given or not all(isinstance(x, (int, float, np.integer, np.floating)) and np.isfinite(x) for x in given):
        raise ValueError(f"values must be finite numbers where frames is a function, got {values}")
    for k, (x, y) in enumerate(pairwise(given)):
        if not x < y:
            raise ValueError(f"values must increase where frames is a function: values[{k + 1}] = {y} after {x}")
    if not isinstance(alt, str) and not callable(alt):
        raise TypeError("alt must be a text with {} in it, or a function, where frames is a function")
    return given


def _word(value: Any) -> str:
    """A value as the slider shows it: words as they are, integers in full, other numbers with three digits."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, (int, np.integer)) else short(value)


def _text(alt: Any, value: Any) -> str:
    return alt.replace("{}", _word(value)) if isinstance(alt, str) else str(alt(value))


def _check_frames(frames: Sequence[Figure], values: Sequence[Any] | None) -> list[Any]:
    """The value of each frame, after a check of both."""
    if not isinstance(frames, Sequence) or not len(frames):
        raise ValueError("frames must be a sequence of at least one figure")
    for k, frame in enumerate(frames):
        if not isinstance(frame, Figure):
            raise TypeError(f"frames[{k}] must be a Matplotlib figure, got {type(frame).__name__}")
        size, first = [tuple(f.get_size_inches() * f.dpi) for f in (frame, frames[0])]
        if size != first:
            raise ValueError(f"frames[{k}] must be as large as frames[0], {first} pixels, got {size}")
    if values is not None and not isinstance(values, (Sequence, np.ndarray)):
        raise TypeError(f"values must be a sequence, got {checks.shown(values)}")
    given = list(range(1, len(frames) + 1)) if values is None else list(values)
    for k, value in enumerate(given):
        if not isinstance(value, _VALUES):
            raise TypeError(f"values[{k}] must be a number or a word, got {checks.shown(value)}")
    if len(given) != len(frames):
        raise ValueError(f"values must have one entry for each of the {len(frames)} frames, got {len(given)}")
    if len({_word(value) for value in given}) < len(given):
        raise ValueError(f"values must differ in their first three digits, got {given}")
    return given


def _alternatives(alt: str | Sequence[str] | Callable[[Any], str], values: list[Any]) -> list[str]:
    if isinstance(alt, str) or callable(alt):
        texts = [_text(alt, value) for value in values]
    elif isinstance(alt, Sequence):
        texts = [str(text) for text in alt]
    else:
        raise TypeError(f"alt must be a text, a sequence of texts or a function, got {checks.shown(alt)}")
    if len(texts) != len(values):
        raise ValueError(f"alt must have one text for each of the {len(values)} frames, got {len(texts)}")
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
