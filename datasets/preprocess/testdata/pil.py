"""Makes the reference pictures of TestResizeAgreesWithPIL and TestResizeMaskAgreesWithPIL: run it in this folder.

Written with Pillow 9.4.0. Its BILINEAR and BOX widen with the factor of reduction, so they do not alias.
"""

from PIL import Image

WIDTH, HEIGHT = 61, 47
SIZES = [(16, 16), (20, 31), (90, 70)]

MASK_WIDTH, MASK_HEIGHT = 60, 48
MASK_SIZES = [(30, 24), (20, 12), (15, 16), (120, 96)]  # blocks of 2×2, 3×4 and 4×3 pixels; twofold enlargement


def pattern(x, y, c):
    """A zone plate with hairs: every frequency, each channel another."""
    if (x + 2 * y) % 23 == c:
        return 255
    return (3 * x * x + 5 * y * y + (7 + 2 * c) * x * y + 40 * c) % 256


def labelled(x, y):
    """An ellipse with a ragged border, and a thin line."""
    inside = (x - 27) ** 2 + 2 * (y - 22) ** 2 < 400 + 37 * ((x * 5 + y * 3) % 7)
    return inside or abs(x - y - 14) < 2


def draw(mode, width, height, value):
    image = Image.new(mode, (width, height))
    image.putdata([value(x, y) for y in range(height) for x in range(width)])
    return image


grey = draw("L", WIDTH, HEIGHT, lambda x, y: pattern(x, y, 0))
rgb = draw("RGB", WIDTH, HEIGHT, lambda x, y: tuple(pattern(x, y, c) for c in range(3)))
mask = draw("L", MASK_WIDTH, MASK_HEIGHT, lambda x, y: 255 * labelled(x, y))
grey.save("grey.png")
rgb.save("rgb.png")
mask.save("mask.png")
for width, height in SIZES:
    size = (width, height)
    grey.resize(size, Image.BILINEAR).save(f"grey-{width}x{height}.png")
    rgb.resize(size, Image.BILINEAR).save(f"rgb-{width}x{height}.png")
    grey.convert("F").resize(size, Image.BILINEAR).save(f"float-{width}x{height}.tif")  # without PIL's rounding
for size in MASK_SIZES:
    # A pixel that is half covered is 127.5, which PIL rounds to 128: above that, more than half is covered.
    box = mask.resize(size, Image.BOX).point(lambda v: 255 * (v > 128))
    box.save("mask-%dx%d.png" % size)
