"""What SciPy and NumPy make of small tasks whose two sets of rows differ, for src/transfer.

    python tests/golden/transfer/shift_reference.py

Needs numpy, scipy and scikit-learn (2.4, 1.17 and 1.9 were used). Writes shift_reference.json:

- matching: weights of kernel mean matching by sequential quadratic programming
- density: the odds that a labeled row is one of the others, by logistic regression on every other
  row, for the rows in between
- shares: class shares by maximizing their posterior directly, over the simplex
"""

import json
import pathlib

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(5)


def matching():
    labeled = np.round(rng.normal(size=(14, 3)), 3)
    unlabeled = np.round(rng.normal(size=(20, 3)) * 0.7 + [1.0, 0.5, 0.0], 3)
    rows = np.vstack([labeled, unlabeled])
    rows = rows - rows.mean(0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    squares = ((rows[:, None] - rows[None]) ** 2).sum(-1)
    kernels = np.mean([np.exp(-squares / (s * squares.mean())) for s in (0.25, 0.5, 1, 2, 4)], axis=0)
    n = len(labeled)
    among = kernels[:n, :n] + 0.1 * np.eye(n)
    aims = n * kernels[:n, n:].mean(1)
    found = minimize(
        lambda w: w @ among @ w / 2 - aims @ w, np.ones(n), jac=lambda w: among @ w - aims,
        bounds=[(0, 5)] * n, constraints={"type": "eq", "fun": lambda w: w.sum() - n},
        method="SLSQP", options={"ftol": 1e-14, "maxiter": 1000},
    )
    return {"labeled": labeled.tolist(), "unlabeled": unlabeled.tolist(), "weights": found.x.tolist()}


def density():
    labeled = np.round(rng.normal(size=(24, 3)), 3)
    unlabeled = np.round(rng.normal(size=(16, 3)) * 0.8 + [0.7, -0.4, 0.2], 3)
    rows = np.vstack([labeled, unlabeled])
    rows = rows - rows.mean(0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    is_new = np.arange(len(rows)) >= len(labeled)
    odds = np.zeros(len(rows))
    for fold in range(2):
        half = np.arange(len(rows)) % 2 == fold
        # Two weight vectors, one a set, share the penalty of 1e-2 / 2: w and -w of half the length.
        head = LogisticRegression(C=2 / (1e-2 * half.sum()), class_weight="balanced", tol=1e-12, max_iter=10_000)
        odds[~half] = head.fit(rows[half], is_new[half]).decision_function(rows[~half])
    return {"labeled": labeled.tolist(), "unlabeled": unlabeled.tolist(), "ratios": np.exp(odds[: len(labeled)]).tolist()}


def shares():
    probabilities = np.round(rng.dirichlet([0.6, 0.6, 0.6], size=40), 5)
    probabilities[:, 2] = 1 - probabilities[:, 0] - probabilities[:, 1]
    learned = np.array([0.5, 0.3, 0.2])

    def loss(z):
        q = np.exp(z - z.max())
        q /= q.sum()
        return -np.log((probabilities * q / learned).sum(1)).sum() - np.log(q).sum()

    z = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-10}).x
    q = np.exp(z - z.max())
    return {
        "probabilities": probabilities.round(5).tolist(), "learned": learned.tolist(),
        "shares": (q / q.sum()).tolist(),
    }


path = pathlib.Path(__file__).with_name("shift_reference.json")
path.write_text(json.dumps({"matching": matching(), "shares": shares(), "density": density()}) + "\n")
