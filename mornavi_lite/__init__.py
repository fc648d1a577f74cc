"""Distributionally robust Markov games: definitions, solvers and learners that certify what they return."""

__version__ = "0.2.0"

from . import zoo
from .confidence import Counts
from .equilibrium import deviation_gain, solve_stage
from .games import MarkovGame
from .learners import EpsilonGreedy, GenerativeDRNVI, Mornavi, NashVI, OfflinePessimistic, Plan, RandomPlay
from .planning import Solution, best_response, equilibrium_gap, evaluate, solve
from .runs import History, learn, run
from .uncertainty import ChiSquare, Contamination, KullbackLeibler, Nominal, TotalVariation

__all__ = [
    "ChiSquare",
    "Contamination",
    "Counts",
    "EpsilonGreedy",
    "GenerativeDRNVI",
    "History",
    "KullbackLeibler",
    "MarkovGame",
    "Mornavi",
    "NashVI",
    "Nominal",
    "OfflinePessimistic",
    "Plan",
    "RandomPlay",
    "Solution",
    "TotalVariation",
    "best_response",
    "deviation_gain",
    "equilibrium_gap",
    "evaluate",
    "learn",
    "run",
    "solve",
    "solve_stage",
    "zoo",
]
