"""Checks exported networks: onnx.checker with full_check, and the largest difference between onnxruntime's results and given ones.

    run_onnx.py DIR...    each with model.onnx and some N.safetensors, tensors "image" and "probabilities"; prints JSON
"""
import json
import pathlib
import struct
import sys

import numpy as np
import onnx
import onnxruntime


def tensors(path):
    data = path.read_bytes()
    size, = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    body = data[8 + size :]
    return {k: np.frombuffer(body[slice(*v["data_offsets"])], "<f4").reshape(v["shape"]) for k, v in header.items()}


results = []
for folder in map(pathlib.Path, sys.argv[1:]):
    model = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    worst, sizes = 0.0, 0
    for case in sorted(folder.glob("*.safetensors")):
        t = tensors(case)
        got, = session.run(["probabilities"], {"image": t["image"]})
        assert got.shape == t["probabilities"].shape, (got.shape, t["probabilities"].shape)
        worst, sizes = max(worst, float(np.abs(got - t["probabilities"]).max())), sizes + 1
    results.append({"difference": worst, "sizes": sizes, "metadata": {p.key: p.value for p in model.metadata_props}})
print(json.dumps(results))
