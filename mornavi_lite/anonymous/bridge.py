"""A story for any number of players: a bridge and a tunnel."""

from __future__ import annotations

import numpy as np

from .. import checks
from .mean_field import MeanFieldGame


def bridge_and_tunnel(horizon: int = 3, base: float = 1.1, slope: float = 2.0) -> MeanFieldGame:
    """Every morning each of m commuters takes the bridge or the tunnel; a crowded bridge breeds the next jam.

    Parameters
    ----------
    horizon : int
        Number of mornings.
    base, slope : float
        After a clear morning with the share x on the bridge the next one is clear with probability
        ``base - slope x``, after a jam with 0.3 less, cut to [0, 1]. Cuts are kinks; with 0.95 and 0.6 there are none.

    Returns
    -------
    MeanFieldGame
        States clear, jam; actions bridge, tunnel. The bridge pays ``1 - x``, the tunnel 0.6; in a jam both pay half.

    Raises
    ------
    ValueError, TypeError
        If an argument is not a number of that kind.

    Examples
    --------
    >>> from mornavi_lite.anonymous import bridge_and_tunnel
    >>> game = bridge_and_tunnel().with_players(10)
    >>> [float(game.transition[0, s, 3, 0].round(12)) for s in (0, 1)], game.reward[0, 0, :, 3].tolist()
    ([0.5, 0.2], [0.7, 0.6])
    """
    level, steep = checks.number("base", base, 0.0, 2.0), checks.number("slope", slope, 0.0, 100.0)

    def kernel(shares: np.ndarray) -> np.ndarray:
        clear = np.clip(np.array([level, level - 0.3]) - steep * shares[0], 0.0, 1.0)
        return np.stack([clear, 1 - clear], axis=-1)

    def reward(shares: np.ndarray) -> np.ndarray:
        on_time = np.array([1 - shares[0], 0.6])
        return np.stack([on_time, on_time / 2])

    names = {"state_names": ("clear", "jam"), "action_names": ("bridge", "tunnel")}
    return MeanFieldGame(kernel, reward, 2, 2, horizon, None, "bridge and tunnel", **names)
