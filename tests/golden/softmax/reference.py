"""The optimum of softmax regression by scikit-learn, for src/train/softmax.rs to be held against.

    python tests/golden/softmax/reference.py

Needs numpy, scikit-learn (1.9.1 was used). Writes reference.json: drawn rows of three classes of
unequal size that overlap, and for several settings the loss, weights and biases at the minimum of

    mean weighted cross-entropy + weight_decay / 2 · ‖weights‖²

over the rows centered on their mean and scaled to length 1.
"""

import json
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

random = np.random.default_rng(7)
labels = np.repeat([0, 1, 2], [30, 20, 7])
rows = (random.normal(size=(3, 6))[labels] + random.normal(size=(len(labels), 6))).astype(np.float32)
rows = rows.round(3)
exact = rows.astype(np.float64)
x = exact - exact.mean(0)
x /= np.linalg.norm(x, axis=1, keepdims=True)

optima = []
for weight_decay, balance in [(1e-1, False), (1e-2, True), (1e-3, False), (1e-3, True)]:
    weights = compute_sample_weight("balanced" if balance else None, labels)
    head = LogisticRegression(C=1 / (weight_decay * len(labels)), max_iter=100_000, tol=1e-12)
    head.fit(x, labels, sample_weight=weights)
    log_probabilities = head.predict_log_proba(x)[np.arange(len(labels)), labels]
    loss = -np.average(log_probabilities, weights=weights) + weight_decay / 2 * (head.coef_**2).sum()
    optima.append({
        "weight_decay": weight_decay, "balance_classes": balance, "loss": loss,
        "weights": head.coef_.tolist(), "biases": (head.intercept_ - head.intercept_.mean()).tolist(),
    })
out = {"rows": [[float(str(v)) for v in row] for row in rows], "labels": labels.tolist(), "optima": optima}
(pathlib.Path(__file__).parent / "reference.json").write_text(json.dumps(out) + "\n")
