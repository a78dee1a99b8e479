"""What scikit-learn and NumPy make of the ridge head's tasks, for tests/ridge.rs.

    python tests/golden/ridge/reference.py target/t1.safetensors [target/fashion.safetensors]

target/t1.safetensors is made as tests/golden/t1/reference.py says, target/fashion.safetensors as
fashion.py says. Needs numpy, safetensors, scikit-learn (2.4, 0.8 and 1.9.1 were used). Writes
reference.json:

- accuracy of RidgeClassifierCV on the splits of ../t1/reference.json and on Fashion-MNIST, λ by its
  exact leave-one-out error among the same strengths as Graft's
- leave-one-out scores of the first split by refits in double precision, one sample left out each
- LogME of all of T1 by the paper's fixed-point iteration on a singular value decomposition

Features are centered on the training mean and scaled to length 1. Whether the left-out sample is in
that mean or not makes the difference that is printed, not written.
"""

import csv
import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file
from sklearn.linear_model import RidgeClassifierCV

HERE = pathlib.Path(__file__).parent
LAMBDAS = [0.0316, 0.1, 0.316, 1.0, 3.16, 10.0, 31.6, 100.0]
LEFT_OUT = 12  # Refits that are written: the first ones.


def normalize(rows, mean):
    centered = rows - mean
    return centered / np.linalg.norm(centered, axis=1, keepdims=True)


def targets(labels, num_classes):
    return 2.0 * (labels[:, None] == np.arange(num_classes)) - 1.0


def fit(rows, targets, strength):
    """Weights and bias from the normal equations' dual, centered."""
    mean, target = rows.mean(0), targets.mean(0)
    z = rows - mean
    dual = np.linalg.solve(z @ z.T + strength * np.eye(len(z)), targets - target)
    weights = z.T @ dual
    return weights, target - mean @ weights


def score(train, train_labels, test, test_labels):
    mean = train.mean(0)
    head = RidgeClassifierCV(alphas=LAMBDAS).fit(normalize(train, mean), train_labels)
    return head.score(normalize(test, mean), test_labels), float(head.alpha_)


def left_out_scores(features, labels, strength, samples, is_mean_inside):
    y = targets(labels, labels.max() + 1)
    scores = []
    for sample in samples:
        others = np.arange(len(labels)) != sample
        mean = features[others].mean(0) if is_mean_inside else features.mean(0)
        rows = normalize(features, mean)
        weights, bias = fit(rows[others], y[others], strength)
        scores.append(rows[sample] @ weights + bias)
    return np.array(scores)


def log_me(rows, labels):
    """Algorithm 1 of You et al., arXiv:2102.11005."""
    u, s, _ = np.linalg.svd(rows, full_matrices=False)
    n, d = rows.shape
    squares, evidence = s**2, []
    for c in range(labels.max() + 1):
        y = (labels == c).astype(float)
        projected = (u.T @ y) ** 2
        outside = y @ y - projected.sum()
        alpha = beta = 1.0
        for _ in range(1000):
            gamma = (beta * squares / (alpha + beta * squares)).sum()
            m2 = (beta**2 * squares * projected / (alpha + beta * squares) ** 2).sum()
            r2 = (alpha**2 * projected / (alpha + beta * squares) ** 2).sum() + outside
            before = alpha / beta
            alpha, beta = gamma / m2, (n - gamma) / r2
            if abs(alpha / beta / before - 1) < 1e-9:
                break
        a = alpha + beta * squares
        m2 = (beta**2 * squares * projected / a**2).sum()
        r2 = (alpha**2 * projected / a**2).sum() + outside
        log_det = np.log(a).sum() + (d - len(s)) * np.log(alpha)
        total = n / 2 * np.log(beta) + d / 2 * np.log(alpha) - n / 2 * np.log(2 * np.pi)
        evidence.append((total - beta / 2 * r2 - alpha / 2 * m2 - log_det / 2) / n)
    return float(np.mean(evidence))


features = load_file(sys.argv[1])["features"].astype(np.float64)
names = [row["label"] for row in csv.DictReader(open(HERE.parent / "t1" / "photos.csv"))]
order = list(dict.fromkeys(names))
labels = np.array([order.index(name) for name in names])
splits = []
for split in json.load(open(HERE.parent / "t1" / "reference.json"))["splits"]:
    held_out = np.array(split["validation"])
    train = np.setdiff1d(np.arange(len(labels)), held_out)
    accuracy, strength = score(
        features[train], labels[train], features[held_out], labels[held_out]
    )
    splits.append({"accuracy": accuracy, "lambda": strength})
    everyone = np.arange(len(train))
    compared = [
        left_out_scores(features[train], labels[train], strength, everyone, inside)
        for inside in (False, True)
    ]
    shares = [np.mean(scores.argmax(1) == labels[train]) for scores in compared]
    print(f"T1 {accuracy:.4f} at {strength}; leave-one-out {shares[0]:.4f}, mean inside {shares[1]:.4f},")
    print(f"   scores differ by {np.abs(compared[0] - compared[1]).mean():.4f} on average")
    if len(splits) == 1:
        first = {"lambda": strength, "scores": compared[0][:LEFT_OUT].tolist()}
print(f"mean: {np.mean([s['accuracy'] for s in splits]):.4f}")
log_me_t1 = log_me(normalize(features, features.mean(0)), labels)
print(f"LogME {log_me_t1:.4f}")
reference = {"splits": splits, "left_out": first, "log_me": log_me_t1}

if len(sys.argv) > 2:
    listing = pathlib.Path(sys.argv[2]).with_suffix("") / "list.csv"
    task = load_file(sys.argv[2])["features"].astype(np.float64)
    label = np.array([int(r["label"]) for r in csv.DictReader(open(listing))])
    train, test = np.arange(3000), np.arange(3000, 5000)
    reference["fashion"] = []
    for count in (5, 50, 300):
        few = train[train % 300 < count]
        accuracy, strength = score(task[few], label[few], task[test], label[test])
        print(f"Fashion-MNIST, {count} a class: {accuracy:.4f} at {strength}")
        result = {"count": count, "accuracy": accuracy, "lambda": strength}
        reference["fashion"].append(result)
else:
    reference["fashion"] = json.load(open(HERE / "reference.json"))["fashion"]
(HERE / "reference.json").write_text(json.dumps(reference) + "\n")
