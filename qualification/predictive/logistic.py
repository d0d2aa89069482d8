"""Logistic regression: probabilities from numbers, its calibration, and how good both are.

Belongs here: the arithmetic over arrays. Does not belong here: what the numbers mean (`features`), whether a model may
be used (`model`). The penalised likelihood has one optimum, so the same rows give the same coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_PENALTY = 1.0  # of the squared coefficients of standardised columns, against the summed log loss
_EDGE = 1e-6


@dataclass(frozen=True)
class Logistic:
    """A fitted model of standardised columns; `slope` and `shift` calibrate its log odds."""

    mean: Floats
    scale: Floats
    weights: Floats
    bias: float
    slope: float = 1.0
    shift: float = 0.0

    def effects(self, rows: Floats) -> Floats:
        """What each column adds to the calibrated log odds of each row, against the average row."""
        return np.asarray(self.slope * self.weights * (rows - self.mean) / self.scale)

    def probability(self, rows: Floats) -> Floats:
        """The calibrated probability of each row."""
        return np.asarray(expit(self.effects(rows).sum(axis=1) + self.slope * self.bias + self.shift))


def fitted(rows: Floats, outcome: Bools) -> Logistic:
    """The model of some rows (row by column) and their outcomes, not calibrated yet."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    weights, bias = _minimum((rows - mean) / scale, outcome, _PENALTY)
    return Logistic(mean, scale, weights, bias)


def calibrated(model: Logistic, rows: Floats, outcome: Bools) -> Logistic:
    """The model with its log odds stretched and shifted to later rows it was not fitted on (Platt 1999)."""
    plain = logit(np.clip(model.probability(rows), _EDGE, 1 - _EDGE))[:, None]
    weights, bias = _minimum(plain, outcome, 0.0)
    slope = max(float(weights[0]), _EDGE)
    return Logistic(model.mean, model.scale, model.weights, model.bias, slope, bias)


def auc(score: Floats, outcome: Bools) -> float | None:
    """Chance that a positive row scores above a negative one, ties half; null without both."""
    positive = int(outcome.sum())
    negative = len(outcome) - positive
    if not positive or not negative:
        return None
    ranks = rankdata(score)
    return float((ranks[outcome].sum() - positive * (positive + 1) / 2) / (positive * negative))


def bins(probability: Floats, outcome: Bools, many: int = 10) -> list[tuple[int, float, float]]:
    """Rows, mean prediction and share of positives in bins of equal size, by prediction."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, many) if len(part)]
    return [(len(part), float(probability[part].mean()), float(outcome[part].mean())) for part in parts]


def calibration_error(reliability: list[tuple[int, float, float]]) -> float:
    """Expected calibration error: the mean distance of prediction and share, by size of bin."""
    size = sum(many for many, _, _ in reliability)
    return sum(many * abs(predicted - observed) for many, predicted, observed in reliability) / size


def _minimum(rows: Floats, outcome: Bools, penalty: float) -> tuple[Floats, float]:
    sign = np.where(outcome, 1.0, -1.0)

    def loss(beta: Floats) -> tuple[float, Floats]:
        margin = sign * (rows @ beta[:-1] + beta[-1])
        pull = -sign * expit(-margin)
        summed = np.sum(np.logaddexp(0, -margin)) + penalty / 2 * np.sum(beta[:-1] ** 2)
        gradient = np.append(rows.T @ pull + penalty * beta[:-1], pull.sum())
        return float(summed), gradient

    found = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(found.x[:-1]), float(found.x[-1])
