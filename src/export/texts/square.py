"""The whole picture as a square, to the bit as the page sees it. Needs numpy and pillow."""

import numpy as np
from PIL import Image, ImageOps


def square(picture, size):
    """A path or an image, upright, on white, fitted: [size, size, 3], RGB, 0-255."""
    picture = picture if isinstance(picture, Image.Image) else Image.open(picture)
    picture = np.asarray(ImageOps.exif_transpose(picture).convert("RGBA"))
    longer = max(picture.shape[:2])
    height, width = (max((2 * s * size + longer) // (2 * longer), 1) for s in picture.shape[:2])
    # Columns in bands: large photos would take a gigabyte.
    bands = np.array_split(picture, picture.shape[1] // 256 + 1, 1)
    picture = np.concatenate([resized(on_white(band), 0, height) for band in bands], 1)
    picture = resized(picture, 1, width)
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    pixels = np.empty((size, size, 3), np.uint8)
    pixels[:] = border.mean(0) + 0.5  # the rest has the border's mean color
    top, left = (size - height) // 2, (size - width) // 2
    pixels[top : top + height, left : left + width] = picture
    return pixels


def on_white(picture):
    picture = picture.astype(np.int64)
    colors, alpha = picture[..., :3], picture[..., 3:]
    return (colors * alpha + 255 * (255 - alpha) + 127) // 255


def resized(picture, axis, size):
    """Bilinear, antialiased, in whole numbers. `Image.resize` may differ by one."""
    length = picture.shape[axis]
    scale = length / size
    reach = max(scale, 1.0)
    places = np.arange(length) - ((np.arange(size)[:, None] + 0.5) * scale - 0.5)
    weights = np.maximum(1.0 - abs(places) / reach, 0.0)
    weights /= weights.sum(1, keepdims=True)
    bits = next(bits for bits in range(22) if round(weights.max() * 2 ** (bits + 1)) >= 2**15)
    weights = np.floor(weights * 2**bits + 0.5)
    # Whole numbers below 2**53 are exact in floats, whose products are faster.
    sums = np.tensordot(weights, picture.astype(float), (1, axis)) + 2 ** (bits - 1)
    return np.clip(np.moveaxis(sums, 0, axis) // 2**bits, 0, 255).astype(np.int64)
