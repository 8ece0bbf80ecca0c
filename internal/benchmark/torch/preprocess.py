"""How sweep and segment prepare an image, in NumPy: the recipe that a checkpoint and an exported ONNX file hold as JSON.

    picture = read("image.png")
    x = prepare(recipe, picture)                 # float32 [C, H, W], as the network takes it
    p = predict(network, x, multiple, recipe, picture)

Arithmetic is in float32 where the project's is, so that all but rare pixels have the same bits.
"""
import numpy as np
from PIL import Image, ImageOps

FULL = 65535  # of prepared intensities
F32 = np.float32


def read(path):
    """The first picture of a file, turned as viewers show it, without alpha: [H, W, C] of its sample type."""
    with Image.open(path) as image:
        image = ImageOps.exif_transpose(image)
        if image.mode not in ("L", "RGB", "F", "I") and not image.mode.startswith("I;16"):
            image = image.convert("L" if image.mode in ("1", "LA") else "RGB")
        pixels = np.asarray(image)
    if pixels.dtype == np.int32:  # how Pillow holds 16-bit pictures of some formats
        pixels = pixels.astype(np.uint16 if pixels.min() >= 0 else np.int32)
    return pixels.reshape(pixels.shape[0], pixels.shape[1], -1)


def intensities(recipe, picture):
    """The channels of the input, 0-1, float32 [C, H, W]."""
    v = picture.astype(np.float64)
    if recipe["ct"]:
        windowed = picture.dtype == np.uint8 and not recipe.get("every_type")  # CT slices of 8 bits
        low, high = (0, 255) if windowed else recipe["window"]
        return np.clip((v[None, :, :, 0] - low) / (high - low), 0, 1).astype(F32)
    if not np.issubdtype(picture.dtype, np.unsignedinteger):
        raise ValueError(f"a photograph has unsigned samples, not {picture.dtype}")
    scale = 1 / float(np.iinfo(picture.dtype).max)
    if picture.shape[2] < 3:
        out = v[..., :1] * scale
        return np.repeat(out, 3 if recipe["input"] == "rgb" else 1, axis=2).transpose(2, 0, 1).astype(F32)
    if recipe["input"] == "rgb":
        return (v * scale).transpose(2, 0, 1).astype(F32)
    if recipe["input"] == "green":
        return (v[None, :, :, 1] * scale).astype(F32)
    return ((0.299 * v[..., 0] + 0.587 * v[..., 1] + 0.114 * v[..., 2]) * scale).astype(F32)[None]


def triangle(n, to):
    """The weights [to, n] of Pillow's BILINEAR: a triangle, wider when shrinking."""
    scale = n / to
    support = max(scale, 1)
    centre = (np.arange(to) + 0.5) * scale - 0.5
    w = np.clip(1 - np.abs(np.arange(n) - centre[:, None]) / support, 0, None)
    return (w / w.sum(1, keepdims=True)).astype(F32)


def resize(planes, height, width):
    if planes.shape[1:] == (height, width):
        return planes
    down, across = triangle(planes.shape[1], height), triangle(planes.shape[2], width)
    return np.stack([down @ (p @ across.T) for p in planes])


def neighbours(size, tiles):
    """The two tiles whose centres each pixel lies between, and how far it is towards the second."""
    at = (np.arange(size, dtype=F32) + F32(0.5)) * F32(tiles) / F32(size) - F32(0.5)
    a = at.astype(int)
    f = at - a.astype(F32)
    a, f = np.where(at <= 0, 0, a), np.where((at <= 0) | (a >= tiles - 1), F32(0), f)
    a = np.minimum(a, tiles - 1)
    return a, np.where((at <= 0) | (a >= tiles - 1), a, a + 1), f.astype(F32)


def clahe(plane, clip):
    """Contrast-limited adaptive histogram equalization: 8 by 8 tiles, 256 bins (docs/datasets.md)."""
    h, w = plane.shape
    ny, nx = min(8, h), min(8, w)
    bins = np.clip((plane * F32(255) + F32(0.5)).astype(int), 0, 255)
    maps = np.empty((ny, nx, 256), F32)
    for ty in range(ny):
        for tx in range(nx):
            tile = bins[ty * h // ny : (ty + 1) * h // ny, tx * w // nx : (tx + 1) * w // nx]
            counts = np.bincount(tile.ravel(), minlength=256).astype(np.float64)
            limit = clip * tile.size / 256
            excess = np.cumsum(np.maximum(counts - limit, 0))[-1]
            maps[ty, tx] = np.cumsum(np.minimum(counts, limit) + excess / 256) / tile.size
    ya, yb, fy = neighbours(h, ny)
    xa, xb, fx = neighbours(w, nx)
    at = lambda y, x: maps[y[:, None], x[None, :], bins]
    fx, fy = fx[None, :], fy[:, None]
    top = at(ya, xa) * (1 - fx) + at(ya, xb) * fx
    bottom = at(yb, xa) * (1 - fx) + at(yb, xb) * fx
    return top * (1 - fy) + bottom * fy


def prepare(recipe, picture):
    """A picture as the network takes it: float32 [C, H, W]."""
    planes = intensities(recipe, picture)
    size = recipe["size"]
    if size:
        planes = resize(planes, *((size, size) if isinstance(size, int) else (size[1], size[0])))
    if recipe["gamma"] > 0:
        planes = np.power(planes.astype(np.float64), 1 / recipe["gamma"]).astype(F32)
    if recipe["clahe"] > 0:
        planes = np.stack([clahe(p, recipe["clahe"]) for p in planes])
    levels = (np.clip(planes, 0, 1).astype(F32) * F32(FULL) + F32(0.5)).astype(np.uint16)
    if recipe["normalize"] == "image":
        wide = levels.reshape(len(levels), -1).astype(np.float64)
        mean = wide.mean(1)
        deviation = np.sqrt(np.maximum((wide * wide).mean(1) - mean * mean, 0)) / FULL
        mean, deviation = mean / FULL, np.where(deviation > 1e-6, deviation, 1)
    else:
        mean, deviation = (np.array(recipe["normalization"][k]) for k in ("mean", "deviation"))
    planes = levels.astype(F32) * F32(1 / FULL)
    return (planes - mean.astype(F32)[:, None, None]) * (1 / deviation).astype(F32)[:, None, None]


def mirrored(n, multiple):
    """Positions that continue an axis of n pixels to a multiple by its mirror image, and where the axis begins."""
    size = -(-n // multiple) * multiple
    first = (size - n) // 2
    i = np.arange(size) - first
    if n > 1:
        i = i % (2 * (n - 1))
        i = np.minimum(i, 2 * (n - 1) - i)
    return (i if n > 1 else 0 * i), first


def predict(network, x, multiple, recipe, picture):
    """Probabilities [K, H, W] in the picture's size; network maps float32 [1, C, H, W] to probabilities."""
    _, h, w = x.shape
    (rows, top), (columns, left) = mirrored(h, multiple), mirrored(w, multiple)
    padded = np.ascontiguousarray(x[:, rows[:, None], columns[None, :]])
    p = np.asarray(network(padded[None]))[0, :, top : top + h, left : left + w]
    return resize(p, *picture.shape[:2]) if recipe["size"] else p


def levels(p):
    """Probabilities as the 16-bit levels of segment's pictures (docs/evaluation.md): logarithmic at both ends."""
    p = p.astype(np.float64)
    tail = lambda v: np.maximum(0, 512 * (np.log2(np.maximum(v, 2.0**-60)) + 48) / 41).astype(int)
    middle = (p * FULL + 0.5).astype(int)
    return np.where((p > 0.5) & (1 - p < 2**-7), FULL - tail(1 - p), np.where(p < 2**-7, tail(p), middle)).astype(np.uint16)
