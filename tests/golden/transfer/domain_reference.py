"""What scikit-learn and NumPy make of small domain adaptation tasks, for the tests in src/transfer.

    python tests/golden/transfer/domain_reference.py

Needs numpy and scikit-learn (2.4 and 1.9.1 were used). Writes domain_reference.json:

- spreading: probabilities of LabelSpreading on the graph of ten nearest neighbors, cosines to the
  third power, α = 0.9
- coral: source rows with the target's covariance by eigenvalues, in all three dimensions
- mmd: biased squared MMD with five Gaussian kernels, by the definition
"""

import json
import pathlib

import numpy as np
from sklearn.semi_supervised import LabelSpreading

rng = np.random.default_rng(0)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def numbers(array):
    return np.asarray(array, dtype=np.float32).astype(float).round(6).tolist()


def affinity(a, b):
    assert a is b or np.array_equal(a, b)
    cosines = a @ a.T
    np.fill_diagonal(cosines, -np.inf)
    near = np.argsort(-cosines, axis=1)[:, :10]
    weights = np.zeros_like(cosines)
    for row, others in enumerate(near):
        weights[row, others] = np.maximum(cosines[row, others], 0) ** 3
    return np.maximum(weights, weights.T)


def spreading():
    rows = np.round(unit(rng.normal(size=(60, 2))), 6)
    labels = (rows[:, 0] + 0.3 * rng.normal(size=60) > 0).astype(int)
    known = np.where(np.arange(60) < 25, labels, -1)
    model = LabelSpreading(kernel=affinity, alpha=0.9, max_iter=500, tol=1e-9).fit(rows, known)
    return {
        "source": numbers(rows[:25]),
        "labels": labels[:25].tolist(),
        "target": numbers(rows[25:]),
        "probabilities": numbers(model.label_distributions_[25:].ravel()),
    }


def power(matrix, exponent):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**exponent) @ vectors.T


def coral():
    source = np.round(rng.normal(size=(15, 3)) * [1, 2, 0.5] + [1, 0, 0], 4)
    target = np.round(rng.normal(size=(12, 3)) @ rng.normal(size=(3, 3)), 4)
    a, b = unit(source - source.mean(0)), unit(target - target.mean(0))
    ridge = 0.01 * np.eye(3)
    c_source, c_target = a.T @ a / len(a) + ridge, b.T @ b / len(b) + ridge
    aligned = unit(a @ power(c_source, -0.5) @ power(c_target, 0.5))
    return {
        "source": numbers(source),
        "target": numbers(target),
        "aligned": numbers(aligned.ravel()),
    }


def mmd():
    a = np.round(rng.normal(size=(6, 4)), 4)
    b = np.round(rng.normal(size=(5, 4)) + 0.5, 4)
    rows = np.vstack([a, b])
    squares = ((rows[:, None] - rows[None]) ** 2).sum(-1)
    mean = squares.sum() / (len(rows) * (len(rows) - 1))
    kernel = np.mean([np.exp(-squares / (s * mean)) for s in (0.25, 0.5, 1, 2, 4)], axis=0)
    value = kernel[:6, :6].mean() + kernel[6:, 6:].mean() - 2 * kernel[:6, 6:].mean()
    return {"a": numbers(a.ravel()), "b": numbers(b.ravel()), "squared": float(value)}


result = {"spreading": spreading(), "coral": coral(), "mmd": mmd()}
path = pathlib.Path(__file__).with_name("domain_reference.json")
path.write_text(json.dumps(result) + "\n")
