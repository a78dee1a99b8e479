#!/usr/bin/env python3
"""PyTorch's gradients of one inverted residual block with the layers after it, for
src/tune/gradients.rs.

    reference.py        writes gradients.safetensors beside itself

A 5×5 block of stride 2, the last 1×1 convolution, the mean over all positions, centering, scaling to
length 1, a linear head and cross-entropy. All numbers are drawn here. Needs torch and safetensors.
"""
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(5)
NUM_CLASSES, NUM_FEATURES, SIZE = 3, 16, 11
SHAPES = {  # as src/backbone/architecture.rs names them
    'stem': (8, 3, 3, 3),
    'blocks.0.depthwise': (8, 1, 3, 3),
    'blocks.0.project': (8, 8, 1, 1),
    'blocks.1.expand': (48, 8, 1, 1),
    'blocks.1.depthwise': (48, 1, 5, 5),
    'blocks.1.project': (16, 48, 1, 1),
    'top': (NUM_FEATURES, 16, 1, 1),
}


def drawn(*shape, scale=1.0):
    return (torch.rand(shape, dtype=torch.float64) * 2 - 1) * scale


tensors = {}
for name, shape in SHAPES.items():
    fan_in = shape[1] * shape[2] * shape[3]
    tensors[f'{name}.weight'] = drawn(*shape, scale=(6 / fan_in) ** 0.5)
    tensors[f'{name}.bias'] = drawn(shape[0])
tensors['head.weight'] = drawn(NUM_FEATURES, NUM_CLASSES)
tensors['head.bias'] = drawn(NUM_CLASSES)
tensors['mean'] = drawn(NUM_FEATURES)
# Exact in f16, and large enough that ReLU6 cuts on both sides.
tensors['boundary'] = (drawn(SIZE, SIZE, 8) * 512).round() / 64
tensors = {name: tensor.float().double() for name, tensor in tensors.items()}
for name, tensor in tensors.items():
    tensor.requires_grad_(name not in ('mean', 'boundary'))


def conv(x, name, **options):
    return F.conv2d(x, tensors[f'{name}.weight'], tensors[f'{name}.bias'], **options)


x = tensors['boundary'].permute(2, 0, 1)[None]
x = F.relu6(conv(x, 'blocks.1.expand'))
x = F.relu6(conv(x, 'blocks.1.depthwise', stride=2, padding=2, groups=48))
x = conv(x, 'blocks.1.project')
x = F.relu6(conv(x, 'top')).mean((2, 3))
x = F.normalize(x - tensors['mean'])
logits = x @ tensors['head.weight'] + tensors['head.bias']
loss = F.cross_entropy(logits, torch.tensor([2]))
loss.backward()

out = {name: tensor.detach() for name, tensor in tensors.items()}
for name, tensor in tensors.items():
    if tensor.requires_grad:
        gradient = tensor.grad if tensor.grad is not None else torch.zeros_like(tensor)
        out[f'gradient.{name}'] = gradient
out['loss'] = loss.detach()[None]
out = {name: tensor.float().contiguous() for name, tensor in out.items()}
save_file(out, pathlib.Path(__file__).with_name('gradients.safetensors'))
