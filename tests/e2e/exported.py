"""Runs an unpacked download as its README says: python exported.py FOLDER PICTURE... prints JSON.

Pictures go through the program that is in the folder; ONNX files through onnx.checker as well.
With --squares OUT the fitted pictures are also written, as OUT/0.rgb and so on.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("pictures", nargs="+")
parser.add_argument("--squares", type=Path)
arguments = parser.parse_args()

for path in arguments.folder.rglob("*.onnx"):
    import onnx

    onnx.checker.check_model(onnx.load(path), full_check=True)
verified = subprocess.run(
    [sys.executable, "verify.py"], cwd=arguments.folder, capture_output=True, text=True
)

sys.path.insert(0, str(arguments.folder))
from predict import Model  # noqa: E402: it is in the folder
from square import square  # noqa: E402

model = Model()
if arguments.squares:
    arguments.squares.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(arguments.pictures):
        (arguments.squares / f"{number}.rgb").write_bytes(square(picture, model.size).tobytes())
answers = [[float(share) for share in model(picture)] for picture in arguments.pictures]
print(json.dumps({
    "labels": list(model.labels),
    "size": model.size,
    "answers": answers,
    "verified": verified.returncode == 0,
    "said": verified.stdout + verified.stderr,
}))
