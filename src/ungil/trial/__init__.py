"""The main job: plan the runtimes, run the rounds, compare, verdict."""

from ungil.trial.progress import Progress, Silent
from ungil.trial.request import TRIED, Request
from ungil.trial.result import Figure, Row, TradeOff, Trial, Verdict
from ungil.trial.run import run_trial

__all__ = [
    "TRIED",
    "Figure",
    "Progress",
    "Request",
    "Row",
    "Silent",
    "TradeOff",
    "Trial",
    "Verdict",
    "run_trial",
]
