#!/usr/bin/env python3
"""Makes the files in this folder with Pillow, an independent implementation.

    pip install pillow && python3 make.py

Files the Rust crates can't encode, each with what Pillow makes of it as raw RGB, and what Pillow's
resize makes of an image both sides compute from one formula.
"""
from pathlib import Path
from PIL import Image, features

HERE = Path(__file__).parent


def formula(width, height):
    """The same as `formula` in src/pixels/golden.rs."""
    image = Image.new("RGB", (width, height))
    image.putdata([(x * x // 3 + y & 255, (x ^ y) * 5 & 255, x * y // 7 & 255)
                   for y in range(height) for x in range(width)])
    return image


def smooth(width, height):
    image = Image.new("RGB", (width, height))
    image.putdata([(x * 255 // width, y * 255 // height, 200 if x + y < width else 60)
                   for y in range(height) for x in range(width)])
    return image


def save_raw(name, image):
    (HERE / f"{name}.rgb").write_bytes(image.tobytes())


def on_white(image):
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def save(name, image, **options):
    image.save(HERE / name, **options)
    save_raw(name, on_white(Image.open(HERE / name).convert("RGB" if image.mode == "CMYK" else "RGBA")))


def main():
    print("Pillow", Image.__version__, "libjpeg-turbo", features.version("libjpeg_turbo"))
    for width, height in [(151, 97), (20, 15)]:
        image = formula(width, height)
        squashed = image.resize((32, 32), Image.Resampling.BILINEAR)
        save_raw(f"resize_{width}x{height}", squashed)

    # The same coefficients in files of different kinds, for the decoder of large JPEGs, and what
    # libjpeg makes of them at an eighth of the size, where every transform is the mean.
    textured = formula(150, 93)
    for name, sampling in {"444": "4:4:4", "422": "4:2:2", "420": "4:2:0"}.items():
        for kind, options in {
            "": {}, "_progressive": {"progressive": True}, "_restarts": {"restart_marker_blocks": 3},
            "_progressive_restarts": {"progressive": True, "restart_marker_rows": 1},
        }.items():
            textured.save(HERE / f"scaled_{name}{kind}.jpg", quality=90, subsampling=sampling, **options)
    eighth = Image.open(HERE / "scaled_444.jpg")
    eighth.draft("RGB", (18, 11))
    save_raw("scaled_444_eighth", eighth.convert("RGB"))

    photo = smooth(32, 24)
    save("progressive.jpg", photo, quality=85, progressive=True)
    save("cmyk.jpg", photo.convert("CMYK"), quality=95, subsampling=0)
    # Adobe's marker ends in a byte for the color transform: 2 makes YCCK of CMYK.
    ycck = bytearray((HERE / "cmyk.jpg").read_bytes())
    ycck[ycck.index(b"Adobe") + 11] = 2
    (HERE / "ycck.jpg").write_bytes(ycck)
    save_raw("ycck.jpg", Image.open(HERE / "ycck.jpg").convert("RGB"))

    faded = photo.convert("RGBA")
    faded.putalpha(Image.linear_gradient("L").resize(faded.size))
    save("lossy.webp", photo, quality=85)
    save("alpha.webp", faded, quality=85)
    save("palette.png", photo.quantize(16))
    save("transparent.gif", faded, save_all=True, append_images=[photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)])


main()
