#!/usr/bin/env python3
"""Applies a trained network to images as segment does, in PyTorch or, for a file of cmd/export, in onnxruntime.

    predict.py NETWORK IMAGE... [--out DIR]

NETWORK is the checkpoint.safetensors of a run, for which torch is needed, or a .onnx file, for which onnxruntime is. Both need NumPy and
Pillow. For each image it writes NAME_probability.png, in the levels of segment, and NAME_mask.png. What it leaves out: the field of view
of fundus photographs, outside of which segment's masks are black, tiles for large images, means over flips (tta) and post-processing (post),
of which it warns where the network was tested with them.
"""
import argparse
import json
import pathlib
import sys

import numpy as np
from PIL import Image

sys.dont_write_bytecode = True
import preprocess


def warn_of(settings):
    """Says what segment does with the network and this program does not."""
    for key in ("tta", "post"):
        if settings.get(key):
            print(f"warning: segment also applies {key} = {settings[key]!r}; this is left out here", file=sys.stderr)


def from_checkpoint(path):
    import torch

    import checkpoint

    network, metadata = checkpoint.load(path)
    warn_of(json.loads(metadata["config"])["training"])
    config, recipe = json.loads(metadata["config"]), json.loads(metadata["recipe"])
    levels = len(config["architecture"]["channels"]) - (config["architecture"].get("style") != "segnet")
    temperature = float(metadata.get("temperature", 1))

    def probabilities(x):
        with torch.no_grad():
            logits, _ = network(torch.from_numpy(x))
            return (logits.softmax(1) if logits.shape[1] > 1 else (logits / temperature).sigmoid()).numpy()

    return probabilities, recipe, 2**levels, float(metadata.get("threshold", 0.5))


def from_onnx(path):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    warn_of(metadata)
    network = lambda x: session.run(["probabilities"], {"image": x})[0]
    return network, json.loads(metadata["recipe"]), int(metadata["multiple"]), float(metadata.get("threshold", 0.5))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("network")
    p.add_argument("images", nargs="+", type=pathlib.Path)
    p.add_argument("--out", default=".", type=pathlib.Path)
    a = p.parse_args()
    network, recipe, multiple, threshold = (from_onnx if a.network.endswith(".onnx") else from_checkpoint)(a.network)
    a.out.mkdir(parents=True, exist_ok=True)
    for path in a.images:
        picture = preprocess.read(path)
        p = preprocess.predict(network, preprocess.prepare(recipe, picture), multiple, recipe, picture)
        mask, foreground = (p[0] >= threshold) * 255, p[0]
        if len(p) > 1:
            mask, foreground = p.argmax(0), 1 - p[0]
        Image.fromarray(preprocess.levels(foreground)).save(a.out / f"{path.stem}_probability.png")
        Image.fromarray(mask.astype(np.uint8)).save(a.out / f"{path.stem}_mask.png")
        print(json.dumps({"image": str(path), "foreground": float((mask > 0).mean())}))


if __name__ == "__main__":
    main()
