"""Floors of certificates."""

from __future__ import annotations

import numpy as np

from .. import checks


def certificate_floor(horizon: int, radius: float) -> float:
    """How far apart upper and lower value stay, for ever, where only what an adversary moves there is never seen.

    Parameters
    ----------
    horizon : int
        Number of steps H, at least 1.
    radius : float
        Radius of the total variation ball with support shift, in [0, 1], the same at every row.

    Returns
    -------
    float
        The floor, in units of the range of one step's reward: from 0 to H - 1.

    Raises
    ------
    ValueError, TypeError
        If ``horizon`` is not an integer of at least 1, or ``radius`` is not a number in [0, 1].

    Notes
    -----
    Chapter 9, :eq:`certificate-floor`, :prf:ref:`certificate-floor-theorem`.
    With n steps to go the adversary moves the mass ``radius`` to a state of which nothing is known, worth
    anything from 0 to n - 1 after this step; so the distance obeys ``D(n) = (1 - radius) D(n - 1) + radius (n - 1)``,
    ``D(0) = 0``, which is ``H - (1 - (1 - radius)**H) / radius`` for n = H.

    If every state that training reaches pays the most and some state is never reached, no pair of bounds that is right
    in all games of this look is closer together, and no bound of a player's gap alone is below ``1 - 1 / A`` of it;
    A is the player's number of actions. If visited states pay less, bounds may be closer, and once the visited rows are
    known those of :class:`mornavi_lite.Mornavi` are no further apart than this.

    Examples
    --------
    >>> from mornavi_lite import Mornavi, TotalVariation, run, zoo
    >>> from mornavi_lite.lower_bounds import certificate_floor
    >>> round(certificate_floor(horizon=3, radius=0.2), 12)
    0.56
    >>> history = run(Mornavi(TotalVariation(0.2)), zoo.support_shift(theta=0), n_episodes=10**12)
    >>> bool(0 <= history.best_certificate - certificate_floor(3, 0.2) < 1e-9)
    True
    """
    n_steps = checks.integer("horizon", horizon, 1)
    moved = checks.number("radius", radius, 0.0, 1.0)
    if moved == 0:
        return 0.0
    to_come = np.arange(n_steps)  # steps that were made before: what is left of the mass by then is (1 - radius)**h
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = -np.expm1(to_come * np.log1p(-moved))  # without cancellation where the radius is small
    lost[0] = 0.0
    return float(lost.sum())
