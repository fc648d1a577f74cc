"""Distributionally robust Markov games: definitions, solvers and learners that certify what they return."""

__version__ = "0.1.0"

from . import zoo
from .equilibrium import deviation_gain, solve_stage
from .games import MarkovGame
from .planning import Solution, best_response, equilibrium_gap, evaluate, solve
from .uncertainty import ChiSquare, KullbackLeibler, Nominal, TotalVariation

__all__ = [
    "ChiSquare",
    "KullbackLeibler",
    "MarkovGame",
    "Nominal",
    "Solution",
    "TotalVariation",
    "best_response",
    "deviation_gain",
    "equilibrium_gap",
    "evaluate",
    "solve",
    "solve_stage",
    "zoo",
]
