"""Classifies pictures with a model made by Graft. Needs numpy, onnxruntime and pillow.

    python predict.py photo.jpg [more.png ...]
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from square import square

HERE = Path(__file__).parent


class Model:
    """Call it with a path or an image; it returns one probability for each of `labels`."""

    def __init__(self, folder=HERE):
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        colors = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
        (path,) = (folder / "onnx").glob("*.onnx")
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.labels = [config["id2label"][str(id)] for id in range(config["num_labels"])]
        self.size = colors["size"]["height"]
        self.mean, self.std = (np.float32(colors[key]) for key in ("image_mean", "image_std"))

    def __call__(self, picture):
        return self.of_square(square(picture, self.size))

    def of_square(self, pixels):
        """The same for a picture that is fitted already: [size, size, 3], 0-255."""
        colors = (pixels.astype(np.float32) / 255 - self.mean) / self.std
        values = colors.transpose(2, 0, 1)[None]
        logits = self.session.run(["logits"], {"pixel_values": values})[0][0]
        odds = np.exp(logits - logits.max())
        return odds / odds.sum()


if __name__ == "__main__":
    model = Model()
    for path in sys.argv[1:]:
        print(path)
        for probability, label in sorted(zip(model(path), model.labels), reverse=True):
            print(f"  {probability:6.1%}  {label}")
