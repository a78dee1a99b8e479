"""What scikit-learn reaches on task T1, for tests/t1_accuracy.rs to be held against.

T1 is 340 photos in 12 classes from the Debian package tuxpaint-stamps-default, listed in
photos.csv. The features are Graft's own, so that only the head is compared:

    cargo run --release --no-default-features --bin extract_features -- \\
        www/public/weights/efficientnet-lite0.safetensors tests/golden/t1/photos.csv \\
        /usr/share/tuxpaint/stamps target/t1.safetensors
    python tests/golden/t1/reference.py target/t1.safetensors

Needs numpy, safetensors, scikit-learn (1.9.1 was used). Writes reference.json: five seeded,
stratified 80/20 splits, LogisticRegression's accuracy on the held-out part of each, and the
loss it reaches: mean cross-entropy + λ/2 · ‖weights‖².
Features are centered on the training mean and scaled to length 1; C = 1 / (λ·n) with λ = 1e-4,
the same objective as Graft's default head.
"""

import csv
import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

HERE = pathlib.Path(__file__).parent
WEIGHT_DECAY = 1e-4

features = load_file(sys.argv[1])["features"].astype(np.float64)
labels = np.array([row["label"] for row in csv.DictReader(open(HERE / "photos.csv"))])
splits = []
for seed in range(5):
    train, held_out = train_test_split(
        np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=seed
    )
    centered = features - features[train].mean(0)
    rows = centered / np.linalg.norm(centered, axis=1, keepdims=True)
    head = LogisticRegression(C=1 / (WEIGHT_DECAY * len(train)), max_iter=100_000, tol=1e-10)
    head.fit(rows[train], labels[train])
    accuracy = head.score(rows[held_out], labels[held_out])
    loss = log_loss(labels[train], head.predict_proba(rows[train]), labels=head.classes_)
    loss += WEIGHT_DECAY / 2 * (head.coef_**2).sum()
    splits.append({"validation": sorted(held_out.tolist()), "accuracy": accuracy, "loss": loss})
    print(f"seed {seed}: {accuracy:.4f}, loss {loss:.9f}")
print(f"mean: {np.mean([s['accuracy'] for s in splits]):.4f}")
(HERE / "reference.json").write_text(json.dumps({"splits": splits}) + "\n")
