"""Says whether the model in this folder answers as the page did that made it.

    python verify.py
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from predict import Model

HERE = Path(__file__).parent

expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
model = Model()
probe = np.asarray(Image.open(HERE / "probe.png").convert("RGB"))
difference = np.abs(model.of_square(probe) - expected["probabilities"]).max()
same = list(model.labels) == expected["labels"] and difference < expected["tolerance"]
print("The same as the page." if same else "Not the same as the page!", end=" ")
print(f"Largest difference of a probability: {difference:.1e}")
sys.exit(0 if same else 1)
