"""Compares predictions of predict.py with segment's: compare.py TORCH IMAGES JOBS, a folder of scripts, a folder of images, and a JSON list of

    {"network": checkpoint or .onnx file, "ours": folder of segment's results, "saved": a file to write the checkpoint to, or ""}

Prints the largest and the mean difference of probabilities for each job and image.
"""
import json
import pathlib
import sys

import numpy as np
from PIL import Image

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import predict
import preprocess


def probability(levels):
    """The inverse of preprocess.levels."""
    tail = lambda v: np.where(v == 0, 0, np.exp2(-48 + 41 * (v + 0.5) / 512))
    levels = levels.astype(np.float64)
    low, high = np.minimum(levels, 511), np.minimum(65535 - levels, 511)
    return np.where(levels > 65535 - 512, 1 - tail(high), np.where(levels < 512, tail(low), levels / 65535))


results = []
for job in json.loads(sys.argv[3]):
    network, recipe, multiple, _ = (predict.from_onnx if job["network"].endswith(".onnx") else predict.from_checkpoint)(job["network"])
    found = {}
    for path in sorted(pathlib.Path(sys.argv[2]).iterdir()):
        picture = preprocess.read(path)
        p = preprocess.predict(network, preprocess.prepare(recipe, picture), multiple, recipe, picture)
        ours = probability(np.asarray(Image.open(pathlib.Path(job["ours"]) / f"{path.stem}_probability.png")))
        theirs = probability(preprocess.levels(p[0] if len(p) == 1 else 1 - p[0]))
        found[path.name] = [float(np.abs(ours - theirs).max()), float(np.abs(ours - theirs).mean())]
    if job["saved"]:
        import checkpoint

        checkpoint.save(job["saved"], *checkpoint.load(job["network"]))
    results.append(found)
print(json.dumps(results))
