"""Draw the README's picture with the package itself: python tools/draw_readme.py writes book/_static/readme.png.

The game is ``zoo.fishing``: five nights on the open sea for a full hold, or a safe catch at the coast. The picture
shows what the trawler can count on if the chance of a storm is not quite the one that was planned with.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mornavi_lite import Nominal, TotalVariation, evaluate, plots, solve, zoo

TARGET = Path(__file__).resolve().parent.parent / "book" / "_static" / "readme.png"


def curves() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Radii, and the trawler's worst-case value of the nominal equilibrium and of the robust one at each."""
    game, radii = zoo.fishing(storm=0.049), np.linspace(0, 0.1, 41)
    trusting = solve(game, Nominal()).policy
    start, trawler = 0, 0
    nominal = [evaluate(game, trusting, TotalVariation(r))[trawler, start, 0] for r in radii]
    robust = [solve(game, TotalVariation(r)).value[trawler, start, 0] for r in radii]
    return radii, np.array(nominal), np.array(robust)


def draw() -> bytes:
    """The picture as PNG."""
    radii, nominal, robust = curves()
    figure = plots.value_against_radius(
        100 * radii,
        {"robust plan:\nstay at the coast": robust, "plan that trusts\nthe forecast:\nfar out": nominal},
        styles={"robust plan:\nstay at the coast": "TV", "plan that trusts\nthe forecast:\nfar out": "nominal"},
        xlabel="error of the forecast, in percentage points a night",
        ylabel="catch to count on (1 = full hold)",
        title="Storm forecast: 4.9 % a night. What if it is wrong?",
        ylim=(0, 0.85),
    )
    return plots.png(figure, tight=True)


if __name__ == "__main__":
    TARGET.write_bytes(draw())
    print(f"wrote {TARGET.name}, {TARGET.stat().st_size} bytes")
