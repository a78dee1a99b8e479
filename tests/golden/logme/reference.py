#!/usr/bin/env python3
"""LogME as You et al. (arXiv:2102.11005) state it, Algorithm 1, on features anyone can compute.

    reference.py    prints what src/curation/transferability.rs expects

Independent of Graft: the paper's fixed point of prior and noise precision on the full covariance,
where Graft searches a grid of their ratio with a Cholesky factor of the products of pairs. Needs
numpy.
"""
import numpy as np

N, D, CLASSES = 36, 50, 3


def features(noise):
    """[N, D]: a wave for each class and others in between; centered, rows of length 1."""
    i, j = np.mgrid[0:N, 0:D].astype(float)
    x = np.sin((i % CLASSES + 1) * (j + 1)) + noise * np.sin(3 * i * i + 5 * j * j + i * j)
    x -= x.mean(0)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def logme(f, y):
    """Maximum log evidence a sample of one class's 0/1 labels."""
    n, d = f.shape
    alpha, beta = 1.0, 1.0
    for _ in range(10_000):
        a = alpha * np.eye(d) + beta * f.T @ f
        m = beta * np.linalg.solve(a, f.T @ y)
        sigma = np.clip(np.linalg.eigvalsh(f.T @ f), 0, None)
        gamma = (beta * sigma / (alpha + beta * sigma)).sum()
        alpha, beta = gamma / (m @ m), (n - gamma) / ((f @ m - y) ** 2).sum()
    a = alpha * np.eye(d) + beta * f.T @ f
    m = beta * np.linalg.solve(a, f.T @ y)
    evidence = (n * np.log(beta) + d * np.log(alpha) - n * np.log(2 * np.pi)
                - beta * ((f @ m - y) ** 2).sum() - alpha * m @ m - np.linalg.slogdet(a)[1]) / 2
    return evidence / n, alpha / beta


for noise in (1.0, 3.0):
    classes = np.arange(N) % CLASSES
    found = [logme(features(noise), (classes == c).astype(float)) for c in range(CLASSES)]
    print(noise, np.mean([e for e, _ in found]), 'ratios', [r for _, r in found])
