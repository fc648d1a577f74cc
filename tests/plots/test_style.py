"""What all figures share: styles, colours, short numbers, the same bytes, every text inside."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from mornavi_lite import Nominal, TotalVariation, plots
from mornavi_lite.plots.style import LIGHT_TO_DARK, SPARE, ink, set_name, short, styles_for
from mornavi_lite.uncertainty import UncertaintySet
from tests.plots.samples import GAMES, boxes_of_texts, samples, three_players

# --- style


def test_every_style_is_its_own() -> None:
    looks = [(style["color"], str(style["linestyle"])) for style in plots.STYLES.values()]
    assert len(set(looks)) == len(looks)
    sets = [plots.STYLES[name] for name in ("TV", "TV in support", "KL", "chi-square", "nominal")]
    for key in ("color", "linestyle"):  # in print the line style tells them apart, on the screen the colour as well
        assert len({str(style[key]) for style in sets}) == 5
    spare = [(style["color"], str(style["linestyle"])) for style in SPARE]
    assert len(set(spare + looks)) == len(spare) + len(looks)


def test_styles_by_name_by_request_and_spare() -> None:
    chosen = styles_for(["tv", "Χ²", "mine", "another", "KL of row 2"], {"KL of row 2": "KL"})
    assert chosen["tv"] == plots.STYLES["TV"] and chosen["Χ²"] == plots.STYLES["chi-square"]
    assert chosen["KL of row 2"] == plots.STYLES["KL"]
    assert chosen["mine"] != chosen["another"]
    many = styles_for([f"line {k}" for k in range(7)])
    assert len({style["color"] for style in many.values()}) == 7
    with pytest.raises(ValueError, match=r"styles\['a'\] must be one of 'TV'"):
        styles_for(["a"], {"a": "TB"})
    crowd = [style["color"] for style in styles_for([f"line {k}" for k in range(40)]).values()]
    assert all(max(counts) - min(counts) <= 1 for counts in [[crowd[:n].count(c) for c in set(crowd)] for n in (8, 40)])


def test_a_set_without_a_style_has_the_name_of_its_class() -> None:
    class Ellipsoid(UncertaintySet):
        radius = 0.1

    assert set_name(Ellipsoid()) == "Ellipsoid" and set_name(Nominal()) == "nominal"
    assert set_name(TotalVariation(0.1, shift_support=False)) == "TV in support"


def test_text_in_colour_can_be_read_on_white() -> None:
    for style in plots.STYLES.values():
        rgb = np.array(matplotlib.colors.to_rgb(ink(style["color"])))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) > 4.4


def test_colour_map_gets_darker_in_even_steps() -> None:
    rgb = LIGHT_TO_DARK(np.linspace(0, 1, 256))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    lightness = np.where(luminance > (6 / 29) ** 3, 116 * np.cbrt(luminance) - 16, luminance * (29 / 3) ** 3)
    steps = np.diff(lightness)
    assert (steps < 0).all() and steps.min() > 1.6 * steps.max()


def test_short_numbers() -> None:
    assert [short(x) for x in (0.77378, 0.08224, 1.0, -0.1, -1e-320, 0.0)] == [
        "0.774",
        "0.0822",
        "1",
        "−0.1",
        "−1e−320",
        "0",
    ]


def test_the_same_numbers_give_the_same_bytes(figures: dict[str, Figure]) -> None:
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "xtick.major.size": 20, "axes.linewidth": 5}):
        for name, again in samples(["patrol", "gambler"]).items():
            assert plots.png(figures[name]) == plots.png(again), name


def test_no_figure_is_left_with_pyplot_and_a_notebook_shows_it(figures: dict[str, Figure]) -> None:
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []
    for figure in figures.values():
        picture = figure._repr_png_()  # type: ignore[attr-defined]
        assert picture.startswith(b"\x89PNG") and b"Matplotlib" not in picture and b"Date" not in picture


def test_every_axis_is_labelled(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        for ax in figure.axes:
            if ax.axison:
                assert ax.get_ylabel(), name
                assert ax.get_xlabel() or ax.get_label() == "<colorbar>", name


def test_every_text_is_inside_the_figure(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        for text, box in boxes_of_texts(figure):
            assert box.x0 > -1 and box.y0 > -1 and box.x1 < figure.bbox.x1 + 1 and box.y1 < figure.bbox.y1 + 1, (
                name,
                text,
            )


def test_figures_fit_the_page(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        assert figure.bbox.width <= (770 if name in GAMES else 624), name


def test_importing_the_package_imports_no_matplotlib() -> None:
    code = (
        "import sys, mornavi_lite; print(sorted({'matplotlib', 'ipywidgets', 'scipy', 'IPython'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("module", "missing"), [("plots", "matplotlib"), ("widgets", "matplotlib"), ("widgets", "ipywidgets")]
)
def test_a_missing_extra_is_named(module: str, missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import mornavi_lite.{module}"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode and found.stderr.splitlines()[-1].startswith(f"ImportError: mornavi_lite.{module} needs ")
    assert "pip install 'mornavi-lite[plots]'" in found.stderr.splitlines()[-1]


@pytest.mark.parametrize("function", [plots.policy_table, plots.policy_heatmap])
def test_policies_that_are_none_are_named(function: Any) -> None:
    game, policy = three_players()
    with pytest.raises(ValueError, match=r"policy must have shape \(H, S, A\) = \(3, 4, 6\)"):
        function(game, policy[0])
    with pytest.raises(ValueError, match=r"policy\[1, 2\] must sum to 1"):
        function(game, policy * np.where(np.arange(12).reshape(3, 4, 1) == 6, 0.5, 1))
    with pytest.raises(ValueError, match="step must be from 0 to 2, got 3"):
        function(game, policy, step=3)
    with pytest.raises(TypeError, match="game must be a MarkovGame"):
        function("game", policy)
