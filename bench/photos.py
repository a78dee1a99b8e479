#!/usr/bin/env python3
"""Pictures for the benchmarks, made of real photos: `photos.py <folder>`.

    <folder>/large/<chunk>/*.jpg   200 of 12 megapixels, as a phone saves them: 3 to 5 MB, quality
                                   90, 4:2:0, upright and lying; every eighth is progressive
    <folder>/small/<class>/*.jpg   5,000 of 320 pixels, all different

The photos are Debian's tuxpaint-stamps-default. They are small: what a camera adds in sharpness is
replaced by noise of several grain sizes, which costs the same bytes and the same decoding.
The same files at every run.
"""
import functools
import multiprocessing
import pathlib
import sys

import numpy as np
from PIL import Image, ImageChops

STAMPS = pathlib.Path('/usr/share/tuxpaint/stamps')
NUM_LARGE, CHUNK, NUM_SMALL = 200, 25, 5000
PROGRESSIVE_EVERY = 8
MIN_SIDE = 100
# Strength of the finest noise, in levels: with it, files have 3 to 5 MB.
GRAIN = 8


def stamps():
    """Paths of what is large enough to be a photo."""
    paths = sorted(STAMPS.rglob('*.png'))
    return [path for path in paths if min(Image.open(path).size) >= MIN_SIDE]


def on_white(path):
    image = Image.open(path).convert('RGBA')
    return Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image).convert('RGB')


@functools.cache
def noise():
    """4,500 × 4,500 pixels around gray: fine grain, and coarser texture that survives shrinking."""
    random, side = np.random.default_rng(0), 4500
    field = random.standard_normal((side, side), dtype=np.float32) * GRAIN
    for size, strength in ((8, 10), (64, 20)):
        coarse = random.standard_normal((side // size, side // size), dtype=np.float32) * strength
        field += np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))
    return Image.fromarray((field + 128).clip(0, 255).astype(np.uint8))


def large(job):
    folder, index, path = job
    chunk = folder / 'large' / f'chunk {index // CHUNK + 1}'
    chunk.mkdir(parents=True, exist_ok=True)
    width, height = (4000, 3000) if index % 3 else (3000, 4000)
    x, y = np.random.default_rng(index).integers(0, 500, 2)
    grain = noise().crop((x, y, x + width, y + height))
    image = on_white(path).resize((width, height), Image.Resampling.BICUBIC)
    image = ImageChops.add(image, Image.merge('RGB', [grain] * 3), offset=-128)
    progressive = index % PROGRESSIVE_EVERY == PROGRESSIVE_EVERY - 1
    image.save(chunk / f'{index:03} {path.stem}.jpg', quality=90, subsampling='4:2:0', progressive=progressive)


def small(job):
    folder, index, path = job
    kind = folder / 'small' / path.relative_to(STAMPS).parts[0]
    kind.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(index)
    image = on_white(path)
    # A window of at least 70 % a side, so that no two are alike.
    share = random.uniform(0.7, 1)
    width, height = (round(side * share) for side in image.size)
    x, y = (random.integers(0, side - part + 1) for side, part in zip(image.size, (width, height)))
    scale = 320 / max(width, height)
    to = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = image.resize(to, Image.Resampling.BICUBIC, box=(x, y, x + width, y + height))
    image.save(kind / f'{index:04} {path.stem}.jpg', quality=90)


def main():
    folder = pathlib.Path(sys.argv[1])
    paths = stamps()
    # A step that shares no factor with their number visits all kinds in a row.
    pick = lambda index: paths[index * 89 % len(paths)]
    with multiprocessing.Pool() as pool:
        pool.map(small, [(folder, index, pick(index)) for index in range(NUM_SMALL)], chunksize=50)
        pool.map(large, [(folder, index, pick(index)) for index in range(NUM_LARGE)], chunksize=5)
    sizes = [path.stat().st_size / 1e6 for path in folder.glob('large/*/*.jpg')]
    print(f'{len(sizes)} large pictures, {min(sizes):.1f} to {max(sizes):.1f} MB, mean {np.mean(sizes):.1f}')


if __name__ == '__main__':
    main()
