"""The whole picture as a square, as the model has learned to see pictures. Needs numpy and pillow."""

import numpy as np
from PIL import Image, ImageOps


def square(picture, size):
    """A path or an image, upright, on white, fitted: [size, size, 3], RGB, 0-255."""
    picture = picture if isinstance(picture, Image.Image) else Image.open(picture)
    picture = ImageOps.exif_transpose(picture).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    picture = Image.alpha_composite(white, picture).convert("RGB")
    longer = max(picture.size)
    width, height = (max((2 * s * size + longer) // (2 * longer), 1) for s in picture.size)
    picture = np.asarray(picture.resize((width, height), Image.BILINEAR))
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    pixels = np.empty((size, size, 3), np.uint8)
    pixels[:] = border.mean(0) + 0.5  # the rest has the border's mean color
    top, left = (size - height) // 2, (size - width) // 2
    pixels[top : top + height, left : left + width] = picture
    return pixels
