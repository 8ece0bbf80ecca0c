"""Writes references.json: a small picture, and what torchvision and PyTorch make of it.

    python testdata/references.py        # torch 2.15.0, torchvision 0.29.2, from datasets/augment

Computed in float64; each list is a picture [3, 7, 9], row by row.
"""

import json
import math
import pathlib

import torch
import torchvision
from torch.nn.functional import interpolate
from torchvision.transforms import functional

torch.set_num_threads(1)
C, H, W = 3, 7, 9


def picture():
    """A picture with greys, full and empty channels, and every order of the channels, made without random numbers."""
    values = [((k * k * 37 + k * 11 + 5) % 101) / 100 for k in range(C * H * W)]
    img = torch.tensor(values, dtype=torch.float64).reshape(C, H, W)
    img[:, 0, 0] = 0
    img[:, 0, 1] = 1
    img[:, 0, 2] = 0.4
    return img


def low_resolution(img, share):
    """batchgeneratorsv2's SimulateLowResolutionTransform, which nnU-Net uses."""
    small = [round(side * share) for side in (H, W)]
    small = interpolate(img[None], small, mode="nearest-exact")
    return interpolate(small, (H, W), mode="bilinear")[0]


def blur(img, sigma):
    radius = int(4 * sigma + 0.5)
    return functional.gaussian_blur(img, 2 * radius + 1, sigma)


img = picture()
cases = []
for name, function, values in [
    ("brightness-factor", functional.adjust_brightness, [0.6, 1.3]),
    ("contrast-factor", functional.adjust_contrast, [0.5, 1.4]),
    ("saturation", functional.adjust_saturation, [0, 0.7, 1.8]),
    ("hue", functional.adjust_hue, [-0.5, -0.13, 0.02, 0.31]),
    ("gamma", functional.adjust_gamma, [0.5, 1.7]),
    ("blur", blur, [0.4, 1]),
    ("low-resolution", low_resolution, [0.3, 0.5, 0.8]),
]:
    for value in values:
        result = function(img, value)
        cases.append({"name": name, "value": value, "channels": C, "pixels": [round(v, 9) for v in result.flatten().tolist()]})
grey = functional.adjust_contrast(img[:1], 1.4)
cases.append({"name": "contrast-factor", "value": 1.4, "channels": 1, "pixels": [round(v, 9) for v in grey.flatten().tolist()]})
# Crops of the middle: the top left corner, height and width of the part, resized to the whole.
crops = []
for top, left, h, w in [(1, 2, 5, 5), (2, 1, 3, 8)]:
    result = functional.resized_crop(img, top, left, h, w, (H, W), antialias=False)
    crops.append({"top": top, "left": left, "height": h, "width": w,
                  "pixels": [round(v, 9) for v in result.flatten().tolist()]})
out = {"torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0],
       "height": H, "width": W, "picture": img.flatten().tolist(), "cases": cases, "crops": crops}
assert all(math.isfinite(v) for c in cases for v in c["pixels"])
path = pathlib.Path(__file__).parent / "references.json"
path.write_text(json.dumps(out).replace('{"name"', '\n{"name"').replace('{"top"', '\n{"top"') + "\n")
