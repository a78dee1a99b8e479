"""Classifies pictures with a model made by Graft. Needs ai-edge-litert, numpy and pillow.

    python predict.py photo.jpg [more.png ...]
"""

import sys
import zipfile
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from square import square

FILE = Path(__file__).parent / "model.tflite"


class Model:
    """Call it with a path or an image; it returns one probability for each of `labels`."""

    def __init__(self, path=FILE):
        with zipfile.ZipFile(path) as files:
            self.labels = files.read("labels.txt").decode().split("\n")[:-1]
        self.interpreter = Interpreter(str(path))
        self.classify = self.interpreter.get_signature_runner()
        self.size = int(self.interpreter.get_input_details()[0]["shape"][1])

    def __call__(self, picture):
        return self.of_square(square(picture, self.size))

    def of_square(self, pixels):
        """The same for a picture that is fitted already: [size, size, 3], 0-255."""
        return self.classify(image=pixels[None].astype(np.float32))["probabilities"][0]


if __name__ == "__main__":
    model = Model()
    for path in sys.argv[1:]:
        print(path)
        for probability, label in sorted(zip(model(path), model.labels), reverse=True):
            print(f"  {probability:6.1%}  {label}")
