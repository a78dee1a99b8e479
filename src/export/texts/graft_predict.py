"""Classifies images with a model made by Graft. Needs numpy, pillow and safetensors.

    python predict.py photo.jpg [more.png ...]
"""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors import safe_open

from square import square

FILE = Path(__file__).parent / "graft.safetensors"


class Model:
    """Call it with a path or an image; it returns one probability for each of `labels`."""

    def __init__(self, path=FILE):
        with safe_open(path, framework="np") as file:
            about = file.metadata()
            self.tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}
        self.labels = json.loads(about["labels"])
        self.size = int(about["input_size"])
        self.mean, self.std = (np.float32(json.loads(about[key])) for key in ("mean", "std"))
        self.layers = len(json.loads(about["widths"])) - 1
        self.activation = ACTIVATIONS[json.loads(about["activation"])]
        self.strides, self.padding = json.loads(about["strides"]), about["padding"]

    def __call__(self, image):
        return self.of_square(square(image, self.size))

    def of_square(self, pixels):
        """The same for a picture that is fitted already: [size, size, 3], 0-255."""
        return self.classify(self.features(pixels))

    def features(self, pixels):
        """The backbone up to its global average: [1280]."""
        x = (pixels.astype(np.float32) - self.mean) / self.std
        x = relu6(self.conv("stem", x, stride=2))
        for block, stride in enumerate(self.strides):
            shortcut, name = x, f"blocks.{block}."
            if f"backbone.{name}expand.weight" in self.tensors:
                x = relu6(self.conv(name + "expand", x))
            x = relu6(self.depthwise(name + "depthwise", x, stride))
            x = self.conv(name + "project", x)
            x = x + shortcut if x.shape == shortcut.shape else x
        return relu6(self.conv("top", x)).mean((0, 1))

    def classify(self, features):
        """One probability for each label."""
        x = features - self.tensors["features.mean"]
        x = x / max(np.linalg.norm(x), np.finfo(np.float32).tiny)
        for layer in range(self.layers):
            x = x if layer == 0 else self.activation(x)
            x = x @ self.tensors[f"head.{layer}.weight"] + self.tensors[f"head.{layer}.bias"]
        odds = np.exp(x - x.max())
        return odds / odds.sum()

    def conv(self, name, x, stride=1):
        weight = self.tensors[f"backbone.{name}.weight"]  # [out, in, k, k]
        taps = windows(x, weight.shape[2], stride, self.padding)
        return sum(v @ weight[:, :, i, j].T for i, j, v in taps) + self.bias(name)

    def depthwise(self, name, x, stride):
        weight = self.tensors[f"backbone.{name}.weight"]  # [channels, 1, k, k]
        taps = windows(x, weight.shape[2], stride, self.padding)
        return sum(v * weight[:, 0, i, j] for i, j, v in taps) + self.bias(name)

    def bias(self, name):
        return self.tensors[f"backbone.{name}.bias"]


ACTIVATIONS = {"rectified": lambda x: np.maximum(x, 0), "cosine": np.cos, "exponential": np.exp}


def windows(x, k, stride, padding):
    """What each tap of a k x k kernel sees of [h, w, channels].

    "same" pads as TensorFlow does, the odd zero last; "symmetric" with k // 2 zeros on each side.
    """
    out = [-(-side // stride) for side in x.shape[:2]]
    pad = [max((o - 1) * stride + k - side, 0) for o, side in zip(out, x.shape)]
    before = [p // 2 if padding == "same" else k // 2 for p in pad]
    x = np.pad(x, [(b, max(p - b, 0)) for b, p in zip(before, pad)] + [(0, 0)])
    for i in range(k):
        for j in range(k):
            yield i, j, x[i :: stride, j :: stride][: out[0], : out[1]]


def relu6(x):
    return np.clip(x, 0, 6)


if __name__ == "__main__":
    model = Model()
    for path in sys.argv[1:]:
        print(path)
        for probability, label in sorted(zip(model(path), model.labels), reverse=True):
            print(f"  {probability:6.1%}  {label}")
