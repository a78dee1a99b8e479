"""Fashion-MNIST as picture files for the extractor: 300 a class to train on, 2,000 to test with.

    apt install dataset-fashion-mnist
    python tests/golden/ridge/fashion.py target/fashion
    cargo run --release --no-default-features --bin extract_features -- \\
        www/public/weights/efficientnet-lite0.safetensors target/fashion/list.csv \\
        target/fashion target/fashion.safetensors

Needs numpy and pillow. Writes pictures and list.csv into the folder: the first 300 of each class
of the official training set, class by class, then the first 2,000 of the official test set.
"""

import gzip
import pathlib
import sys

import numpy as np
from PIL import Image

DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
out = pathlib.Path(sys.argv[1])


def read(name):
    images = gzip.open(DATA / f"{name}-images-idx3-ubyte.gz").read()
    labels = gzip.open(DATA / f"{name}-labels-idx1-ubyte.gz").read()
    return (
        np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28),
        np.frombuffer(labels, np.uint8, offset=8),
    )


lines = ["path,label"]


def write(part, images, labels, samples):
    (out / part).mkdir(parents=True, exist_ok=True)
    for sample in samples:
        path = f"{part}/{sample}.png"
        Image.fromarray(images[sample]).save(out / path)
        lines.append(f"{path},{labels[sample]}")


images, labels = read("train")
for label in range(10):
    write("train", images, labels, np.flatnonzero(labels == label)[:300])
write("test", *read("t10k"), range(2000))
(out / "list.csv").write_text("\n".join(lines) + "\n")
