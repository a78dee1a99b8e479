#!/usr/bin/env python3
"""Does LogME on 200 pictures know which backbone serves a task best? Features in, a table out.

    backbones.py LIST FEATURES…    LIST is a CSV of `path,label`, FEATURES what
                                   bin/extract_features made of it, a file a backbone

Independent of Graft but for the features: LogME and ridge's leave-one-out in NumPy, the plain head
is scikit-learn's logistic regression (weight decay 1e-4, two thirds to learn from, one to judge by).
Means of five draws and divisions; then how often a smaller draw has the first file ahead of the
second. Needs numpy, safetensors and scikit-learn.
"""
import sys

import numpy as np
from safetensors.numpy import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit


def normalized(x, mean):
    x = x - mean
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def draw(y, count, seed):
    """Of each class its share, two at least."""
    rng, rows = np.random.default_rng(seed), []
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        rows += list(members[:max(2, round(len(members) * min(1, count / len(y))))])
    return rows


def logme(x, y):
    z = normalized(x, x.mean(0))
    w, v = np.linalg.eigh(z @ z.T)
    w, n, found = np.clip(w, 0, None), len(z), []
    for label in np.unique(y):
        t = v.T @ (y == label)
        found.append(max(
            (np.log(n / (t * t / (1 + w / r)).sum()) - 1 - np.log(2 * np.pi)
             - np.log1p(w / r).sum() / n) / 2 for r in np.logspace(-2, 3, 60)))
    return np.mean(found)


def left_out(x, y):
    """Share named right by ridge regression without the picture."""
    z, labels = normalized(x, x.mean(0)), np.unique(y)
    targets, best = np.where(y[:, None] == labels, 1.0, -1.0), (np.inf, 0)
    for penalty in np.logspace(-2, 1, 13):
        inverse = np.linalg.inv(z @ z.T + penalty * np.eye(len(z)))
        ones = inverse.sum(1)
        p = inverse - np.outer(ones, ones) / ones.sum()
        errors = p @ targets / np.diag(p)[:, None]
        right = (labels[(targets - errors).argmax(1)] == y).mean()
        best = min(best, ((errors ** 2).mean(), right))
    return best[1]


def held_out(x, y, seed):
    train, test = next(StratifiedShuffleSplit(1, test_size=1 / 3, random_state=seed).split(x, y))
    mean = x[train].mean(0)
    head = LogisticRegression(C=1 / (1e-4 * len(train)), max_iter=200)
    head.fit(normalized(x[train], mean), y[train])
    return head.score(normalized(x[test], mean), y[test])


def main():
    y = np.array([line.strip().rsplit(',', 1)[1] for line in open(sys.argv[1])][1:])
    backbones = {path: load_file(path)['features'] for path in sys.argv[2:]}
    for path, x in backbones.items():
        draws = [draw(y, 200, seed) for seed in range(5)]
        evidence = [logme(x[rows], y[rows]) for rows in draws]
        print(f'{path}: LogME {np.mean(evidence):.3f} ± {np.std(evidence):.3f}, left out '
              f'{np.mean([left_out(x[rows], y[rows]) for rows in draws]):.3f}, held out '
              f'{np.mean([held_out(x, y, seed) for seed in range(5)]):.3f}')
    first, second = list(backbones.values())[:2]
    for count in (30, 60, 100, 200):
        draws = [draw(y, count, seed) for seed in range(20)]
        ahead = np.array([logme(first[d], y[d]) - logme(second[d], y[d]) for d in draws])
        print(f'{count}: {ahead.mean():.4f} ± {ahead.std():.4f}, ahead in {(ahead > 0).mean():.0%}')


main()
