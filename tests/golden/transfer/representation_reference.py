"""What scikit-learn and NumPy make of small feature transforms, for the tests in
src/transfer/representation.

    python tests/golden/transfer/representation_reference.py

Needs numpy and scikit-learn (2.4 and 1.9.1 were used). Writes representation_reference.json:

- pca: components and variances of PCA, of all rows
- random_fourier: codes by RBFSampler for its own weights and offsets
- nystrom: products of codes by Nystroem, for rows and landmarks of length 1
- transfer_components: codes by the eigenvectors of M^-1/2 C M^-1/2, for μ = 0.01, all of them
"""

import json
import pathlib

import numpy as np
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem, RBFSampler

rng = np.random.default_rng(3)


def numbers(array):
    return np.asarray(array, dtype=np.float64).round(6).ravel().tolist()


def unit(rows):
    return np.round(rows / np.linalg.norm(rows, axis=1, keepdims=True), 6)


def pca():
    rows = np.round(rng.normal(size=(30, 5)) * [3, 2, 1, 0.5, 0.2] @ rng.normal(size=(5, 5)), 4)
    model = PCA().fit(rows)
    return {
        "source": numbers(rows[:18]),
        "target": numbers(rows[18:]),
        "num_features": 5,
        "variances": numbers(model.explained_variance_ * 29 / 30),
        "directions": numbers(model.components_),
    }


def random_fourier():
    rows = unit(rng.normal(size=(4, 3)))
    model = RBFSampler(gamma=0.7, n_components=6, random_state=1).fit(rows)
    model.random_weights_ = np.round(model.random_weights_, 6)
    model.random_offset_ = np.round(model.random_offset_, 6)
    return {
        "rows": numbers(rows),
        "weights": numbers(model.random_weights_.T),
        "offsets": numbers(model.random_offset_),
        "codes": numbers(model.transform(rows)),
    }


def nystrom():
    rows, landmarks = unit(rng.normal(size=(6, 3))), unit(rng.normal(size=(4, 3)))
    model = Nystroem(gamma=0.5, n_components=4).fit(landmarks)
    codes = model.transform(rows)
    return {
        "rows": numbers(rows),
        "landmarks": numbers(landmarks),
        "gamma": 0.5,
        "products": numbers(codes @ codes.T),
    }


def transfer_components():
    source = np.round(rng.normal(size=(12, 4)) * [2, 1, 0.5, 0.3], 4)
    target = np.round(rng.normal(size=(9, 4)) * [2, 1, 0.5, 0.3] + [3, 0.5, 0, 0.2], 4)
    rows = np.vstack([source, target])
    gap = source.mean(0) - target.mean(0)
    values, vectors = np.linalg.eigh(0.01 * np.eye(4) + np.outer(gap, gap))
    root = vectors / np.sqrt(values) @ vectors.T
    _, found = np.linalg.eigh(root @ np.cov(rows.T, bias=True) @ root)
    return {
        "source": numbers(source),
        "target": numbers(target),
        "num_features": 4,
        "codes": numbers((source - rows.mean(0)) @ root @ found[:, ::-1]),
    }


parts = [pca, random_fourier, nystrom, transfer_components]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({part.__name__: part() for part in parts}) + "\n")
