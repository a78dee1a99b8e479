"""Classifies pictures with a model made by Graft. Needs numpy, onnxruntime and pillow.

    python predict.py photo.jpg [more.png ...]
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from square import square

FILE = Path(__file__).parent / "model.onnx"


class Model:
    """Call it with a path or an image; it returns one probability for each of `labels`."""

    def __init__(self, path=FILE):
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        about = self.session.get_modelmeta().custom_metadata_map
        self.labels = json.loads(about["labels"])
        self.size = int(about["input_size"])
        self.least_energy = float(about.get("least_energy", "-inf"))

    def __call__(self, picture):
        return self.of_square(square(picture, self.size))

    def of_square(self, pixels):
        """The same for a picture that is fitted already: [size, size, 3], 0-255."""
        return self.session.run(["probabilities"], {"image": pixels[None]})[0][0]

    def is_familiar(self, picture):
        """Whether it looks like any of the classes at all."""
        pixels = square(picture, self.size)
        logits = self.session.run(["logits"], {"image": pixels[None]})[0][0]
        return np.logaddexp.reduce(logits) >= self.least_energy


if __name__ == "__main__":
    model = Model()
    for path in sys.argv[1:]:
        print(path)
        for probability, label in sorted(zip(model(path), model.labels), reverse=True):
            print(f"  {probability:6.1%}  {label}")
