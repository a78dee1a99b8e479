"""Heads by scikit-learn where rows have weights, for src/head/ridge and src/train to be held against.

    python tests/golden/weighted/reference.py

Needs numpy and scikit-learn (2.4 and 1.9.1 were used). Writes reference.json: drawn rows of three
classes with a weight each, centered on their mean and scaled to length 1 (the mean does not weigh
them), and

- ridge: for fewer rows than features and for more, weights and biases of `Ridge` with sample_weight,
  and the scores of each row by a refit without it
- softmax: the minimum of weighted mean cross-entropy + weight_decay / 2 · ‖weights‖², with
  sample_weight
"""

import json
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

random = np.random.default_rng(11)


def drawn(num_rows, num_features):
    labels = np.arange(num_rows) % 3
    centers = random.normal(size=(3, num_features))
    rows = (centers[labels] + 1.5 * random.normal(size=(num_rows, num_features))).round(3)
    weights = random.uniform(0.05, 3, size=num_rows).round(3)
    return rows, labels, (weights / weights.mean()).round(4)


def normalized(rows):
    centered = rows - rows.mean(0)
    return centered / np.linalg.norm(centered, axis=1, keepdims=True)


def ridge(num_rows, num_features, strength):
    rows, labels, weights = drawn(num_rows, num_features)
    x = normalized(rows)
    y = 2.0 * (labels[:, None] == np.arange(3)) - 1.0
    head = Ridge(alpha=strength, solver="cholesky").fit(x, y, sample_weight=weights)
    scores = []
    for at in range(num_rows):
        others = np.arange(num_rows) != at
        left = Ridge(alpha=strength, solver="cholesky").fit(x[others], y[others], sample_weight=weights[others])
        scores.append(left.predict(x[at : at + 1])[0].tolist())
    return {
        "rows": rows.tolist(), "labels": labels.tolist(), "weights": weights.tolist(), "lambda": strength,
        "head": head.coef_.tolist(), "bias": head.intercept_.tolist(), "held_out_scores": scores,
    }


def softmax(weight_decay):
    rows, labels, weights = drawn(40, 5)
    x = normalized(rows)
    head = LogisticRegression(C=1 / (weight_decay * weights.sum()), max_iter=100_000, tol=1e-12)
    head.fit(x, labels, sample_weight=weights)
    losses = -head.predict_log_proba(x)[np.arange(len(labels)), labels]
    loss = np.average(losses, weights=weights) + weight_decay / 2 * (head.coef_**2).sum()
    return {
        "rows": rows.tolist(), "labels": labels.tolist(), "weights": weights.tolist(),
        "weight_decay": weight_decay, "loss": loss,
        "head": head.coef_.tolist(), "bias": (head.intercept_ - head.intercept_.mean()).tolist(),
    }


out = {"ridge": [ridge(12, 20, 0.316), ridge(40, 6, 0.1)], "softmax": softmax(1e-2)}
(pathlib.Path(__file__).parent / "reference.json").write_text(json.dumps(out) + "\n")
