"""Sliders: one picture with its text for each value, linked in the browser, and the same bytes each time."""

from __future__ import annotations

import base64
import html
import io
import re
from typing import Any

import ipywidgets
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from mornavi_lite import TotalVariation, plots, widgets

RADII = [0.0, 0.05, 0.1, 0.3]


def frames() -> list[Figure]:
    p, v = [0.5, 0.3, 0.2], [1.0, 0.6, 0.0]
    return [plots.ball_on_simplex(TotalVariation(r), p, v, title=f"radius {r:g}") for r in RADII]


@pytest.fixture(scope="module")
def shown() -> ipywidgets.VBox:
    return widgets.slider(frames(), "radius ρ", 'A ball of radius {} in the "triangle" <of 3>.', RADII)


def parts(shown: ipywidgets.VBox) -> tuple[ipywidgets.Play, ipywidgets.SelectionSlider, ipywidgets.Stack]:
    controls, stack = shown.children
    return (*controls.children, stack)


def pictures(shown: ipywidgets.VBox) -> list[tuple[str, bytes]]:
    """Alternative text and PNG of each frame."""
    found = []
    for child in parts(shown)[2].children:
        assert type(child) is ipywidgets.HTML
        match = re.fullmatch(r'<img alt="([^"]*)" .* src="data:image/png;base64,([\w+/=]+)">', child.value)
        assert match
        found.append((html.unescape(match[1]), base64.b64decode(match[2], validate=True)))
    return found


def test_there_is_a_picture_with_its_own_text_for_each_value(shown: ipywidgets.VBox) -> None:
    play, choice, stack = parts(shown)
    assert len(stack.children) == len(RADII) and stack.selected_index == 0
    assert (play.min, play.max, play.value, play.step) == (0, len(RADII) - 1, 0, 1)
    assert choice._options_labels == ("0", "0.05", "0.1", "0.3") and choice.description == "radius ρ"
    assert [alt for alt, _ in pictures(shown)] == [
        f'A ball of radius {r} in the "triangle" <of 3>.' for r in ("0", "0.05", "0.1", "0.3")
    ]
    assert len({data for _, data in pictures(shown)}) == len(RADII)


def test_a_slider_opens_where_it_is_told_to() -> None:
    opened = widgets.slider(frames(), "radius ρ", "A ball of radius {}.", RADII, start=0.1)
    play, choice, stack = parts(opened)
    assert (play.value, choice.index, stack.selected_index) == (2, 2, 2)
    with pytest.raises(ValueError, match=r"start must be one of the values .*, got 0\.2"):
        widgets.slider(frames(), "radius ρ", "A ball of radius {}.", RADII, start=0.2)


def test_play_moves_the_slider_and_the_slider_the_picture(shown: ipywidgets.VBox) -> None:
    play, choice, stack = parts(shown)
    links = [(link.source, link.target) for link in shown.links]
    assert links == [((play, "value"), (choice, "index")), ((choice, "index"), (stack, "selected_index"))]
    kinds = [ipywidgets.widgets.widget_link.Link, ipywidgets.widgets.widget_link.DirectionalLink]
    assert [type(link) for link in shown.links] == kinds  # in the browser: no kernel takes part
    state = ipywidgets.Widget.get_manager_state(widgets=[*shown.links, play, choice, stack])["state"]
    kinds = {entry["model_name"] for entry in state.values()}
    assert {"LinkModel", "DirectionalLinkModel", "PlayModel", "SelectionSliderModel", "StackModel"} <= kinds


def test_pictures_are_the_frames_and_small(shown: ipywidgets.VBox) -> None:
    for frame, (_, data) in zip(frames(), pictures(shown), strict=True):
        assert len(data) < 25_000
        with Image.open(io.BytesIO(data)) as image, Image.open(io.BytesIO(plots.png(frame))) as original:
            assert image.size == original.size
            width, height = image.size
            assert not image.info
            difference = np.abs(np.asarray(image.convert("RGB"), int) - np.asarray(original.convert("RGB"), int))
        assert difference.mean() < 1 and (difference.max(axis=-1) > 60).mean() < 1e-3
    for child in parts(shown)[2].children:
        told = re.search(r'width="(\d+)" height="(\d+)"', child.value)
        assert told is not None and "max-width: 100%" in child.value
        assert abs(int(told[1]) - width) <= 1 and abs(int(told[2]) - height) <= 1  # Matplotlib 3.9 cuts, 3.10 rounds


def test_the_same_frames_give_the_same_bytes(shown: ipywidgets.VBox) -> None:
    again = widgets.slider(frames(), "radius ρ", 'A ball of radius {} in the "triangle" <of 3>.', RADII)
    assert pictures(again) == pictures(shown)


def test_texts_may_be_given_one_by_one_and_values_left_out() -> None:
    figures = frames()[:3]
    shown = widgets.slider(figures, "step", ["one", "two", "three"])
    assert [alt for alt, _ in pictures(shown)] == ["one", "two", "three"]
    assert parts(shown)[1]._options_labels == ("1", "2", "3")
    named = widgets.slider(figures, "set", "{} around the point", ["TV", "KL", "χ²"])
    assert parts(named)[1]._options_labels == ("TV", "KL", "χ²")
    single = widgets.slider(figures[:1], "one", "only one")
    assert parts(single)[0].max == 0


def line(slope: float) -> Figure:
    return plots.value_against_radius([0, 1], {"line": [0, slope]})


def test_a_function_gives_the_same_pictures_as_its_frames() -> None:
    slopes = [1, 2.5, 4]
    drawn = widgets.slider(line, "slope", "A line that rises to {}.", slopes)
    assert pictures(drawn) == pictures(
        widgets.slider([*map(line, slopes)], "slope", "A line that rises to {}.", slopes)
    )
    # nothing of the second slider is there before somebody has moved the first one
    assert len(drawn.children[0].children) == 2 and len(drawn.children[1].children) == 3


def test_with_a_kernel_the_first_move_brings_a_slider_between() -> None:
    asked = []

    def watched(slope: float) -> Figure:
        asked.append(slope)
        return line(slope)

    shown = widgets.slider(watched, "slope", lambda x: f"A line that rises to {x:.1f}.", [1, 2.5, 4])
    _, choice, stack = parts(shown)
    del asked[:]
    for k in (1, 2, 0):  # what a browser tells the kernel
        choice.index = k
    between = shown.children[0].children[2]
    assert asked == [] and len(stack.children) == 4 and between.value == 1  # where the first slider is
    assert len(between.options) == 21 and between.options[0] == ("1", 1.0) and between.options[-1] == ("4", 4.0)
    between.value = 1.45
    assert asked == [1.45] and stack.selected_index == 3
    alone = widgets.slider([line(1.45)], "slope", "A line that rises to 1.4.")
    assert stack.children[3].value == parts(alone)[2].children[0].value
    assert not any(link.source[0] is stack for link in shown.links)  # the fourth picture moves no slider


def test_between_integers_are_integers() -> None:
    shown = widgets.slider(line, "visits", "{} visits", [1, 4, 10_000])
    choice = parts(shown)[1]
    assert choice._options_labels == ("1", "4", "10,000")
    choice.index = 1
    offered = [value for _, value in shown.children[0].children[2].options]
    assert offered[:4] == [1, 2, 3, 4] and len(offered) == 14 and all(type(x) is int for x in offered)


@pytest.mark.parametrize("given", [[1.001, 1.009], [0.1234, 0.124], np.array([1.0, 1.01]), (0, 0.05, 1)])
def test_between_values_are_in_order_and_told_apart(given: Any) -> None:
    shown = widgets.slider(line, "slope", lambda x: f"A line that rises to {x}.", given)
    choice = parts(shown)[1]
    choice.index = 1
    offered = shown.children[0].children[2].options
    words, values = zip(*offered, strict=True)
    assert list(values) == sorted(values) and len(set(words)) == len(words)
    assert set(given) <= set(values) and given[0] <= values[0] and values[-1] <= max(given)


def test_the_slider_between_follows_the_first_one() -> None:
    shown = widgets.slider(line, "slope", "A line that rises to {}.", [1, 2.5, 4])
    _, choice, stack = parts(shown)
    choice.index = 1
    between, drawn = shown.children[0].children[2], stack.children[3]
    between.value = 1.45
    before = drawn.value
    choice.index = 2
    assert between.value == 4 and drawn.value == before  # nothing is drawn that is there
    between.value = 1.45
    assert drawn.value == before and stack.selected_index == 3


def test_frames_that_are_given_bring_no_second_slider(shown: ipywidgets.VBox) -> None:
    choice = parts(shown)[1]
    choice.index = 1
    assert len(shown.children[0].children) == 2
    choice.index = 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": None}, "values must be finite numbers where frames is a function, got None"),
        ({"values": ["a", "b"]}, "values must be finite numbers where frames is a function"),
        ({"values": [1, float("inf")]}, "values must be finite numbers where frames is a function"),
        ({"values": [1, 1]}, r"values must increase where frames is a function: values\[1\] = 1 after 1"),
        ({"values": [0.1, float("nan")]}, "values must be finite numbers where frames is a function"),
        ({"values": []}, "values must be finite numbers where frames is a function"),
        ({"alt": ["one", "two"]}, "alt must be a text with {} in it, or a function"),
        ({"alt": "the same"}, r"alt\[1\] must differ from alt\[0\]"),
        ({"frames": lambda x: 3}, r"frames\[0\] must be a Matplotlib figure, got int"),
    ],
)
def test_slider_names_bad_arguments_of_a_function(change: dict[str, Any], message: str) -> None:
    arguments = {"frames": line, "label": "x", "alt": "frame {}", "values": [1, 2]} | change
    with pytest.raises((ValueError, TypeError), match=message):
        widgets.slider(**arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frames": []}, "frames must be a sequence of at least one figure"),
        ({"frames": [plots.panels()[0], 3]}, r"frames\[1\] must be a Matplotlib figure, got int"),
        ({"frames": [plots.panels()[0], plots.panels(height=2)[0]]}, r"frames\[1\] must be as large as frames\[0\]"),
        ({"values": [1]}, "values must have one entry for each of the 2 frames, got 1"),
        ({"values": 2}, "values must be a sequence, got int 2"),
        ({"values": [1, None]}, r"values\[1\] must be a number or a word, got NoneType"),
        ({"alt": 5}, "alt must be a text, a sequence of texts or a function, got int 5"),
        ({"values": [0.1001, 0.1002]}, "values must differ in their first three digits"),
        ({"alt": "the same"}, r"alt\[1\] must differ from alt\[0\]: 'the same'"),
        ({"alt": ["one"]}, "alt must have one text for each of the 2 frames, got 1"),
        ({"alt": ["one", " "]}, r"alt\[1\] must not be empty"),
    ],
)
def test_slider_names_bad_arguments(change: dict[str, Any], message: str) -> None:
    arguments = {"frames": [plots.panels()[0], plots.panels()[0]], "label": "x", "alt": "frame {}"} | change
    with pytest.raises((ValueError, TypeError), match=message):
        widgets.slider(**arguments)
