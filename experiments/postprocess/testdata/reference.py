"""Numbers of scipy and scikit-image that the steps are compared with.

    pip install scikit-image==VERSION scipy==VERSION   # as reference.json says
    python reference.py > reference.json

A picture of levels 0 … 100 (probabilities in hundredths) is smoothed noise, so that it has components, holes and
diagonal contacts of many sizes. Masks are strings of a row each.
"""

import json

import numpy as np
import scipy
import skimage
from scipy import ndimage
from skimage import measure, morphology

CROSS, SQUARE = ndimage.generate_binary_structure(2, 1), ndimage.generate_binary_structure(2, 2)


def rows(mask):
    return ["".join(".#"[int(v)] for v in row) for row in mask]


def hysteresis(p, low, high, structure):
    # as skimage.filters.apply_hysteresis_threshold, which has > for >= and the cross alone
    labels, n = ndimage.label(p >= low, structure)
    sums = ndimage.sum_labels(p >= high, labels, np.arange(n + 1))
    return (sums > 0)[labels] & (labels > 0)


def largest(mask, count, connectivity):
    labels = measure.label(mask, connectivity=connectivity)
    sizes = np.bincount(labels.ravel())[1:]
    kept = 1 + np.argsort(-sizes, kind="stable")[:count]
    return np.isin(labels, kept)


def cases(p):
    mask = p >= 0.5
    yield "hysteresis(low=0.4,high=0.6)", hysteresis(p, 0.4, 0.6, SQUARE)
    yield "hysteresis(low=0.4,high=0.6,neighbours=4)", hysteresis(p, 0.4, 0.6, CROSS)
    yield "hysteresis(low=0.45,high=0.45)", p >= 0.45
    for px in (2, 7, 30):
        for neighbours, connectivity in ((8, 2), (4, 1)):
            kept = morphology.remove_small_objects(mask, max_size=px - 1, connectivity=connectivity)
            yield f"min-size(px={px},neighbours={neighbours})", kept
    for count in (1, 3):
        for neighbours, connectivity in ((8, 2), (4, 1)):
            yield f"largest(count={count},neighbours={neighbours})", largest(mask, count, connectivity)
    yield "fill-holes", ndimage.binary_fill_holes(mask, CROSS)
    yield "fill-holes(neighbours=8)", ndimage.binary_fill_holes(mask, SQUARE)
    # holes at the border are none to us, and are to remove_small_holes
    small = morphology.remove_small_holes(mask, max_size=6, connectivity=1)
    yield "fill-holes(max=6)", mask | (small & ndimage.binary_fill_holes(mask, CROSS))


def main():
    random = np.random.default_rng(20261128)
    pictures = []
    for height, width, blur in ((24, 40, 1.0), (33, 21, 1.6), (16, 16, 0.6), (1, 30, 0.8)):
        noise = ndimage.gaussian_filter(random.normal(size=(height, width)), blur)
        levels = np.clip(np.round(50 + 25 * noise / noise.std()), 0, 100).astype(int)
        p = (levels.astype(np.float32) / np.float32(100)).astype(np.float64)  # thresholds are doubles too
        labels8, labels4 = measure.label(p >= 0.5, connectivity=2), measure.label(p >= 0.5, connectivity=1)
        pictures.append({
            "width": width, "height": height, "levels": levels.ravel().tolist(),
            "sizes8": np.bincount(labels8.ravel())[1:].tolist(), "sizes4": np.bincount(labels4.ravel())[1:].tolist(),
            "steps": {text: rows(mask) for text, mask in cases(p)},
        })
    versions = {"scipy": scipy.__version__, "skimage": skimage.__version__, "numpy": np.__version__}
    print(json.dumps({"versions": versions, "pictures": pictures}, indent=1))


main()
