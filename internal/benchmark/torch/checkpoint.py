"""Networks in PyTorch from checkpoints of sweep, and back.

    network, metadata = load("results/quick/runs/RUN/checkpoint.safetensors")
    logits, _ = network(x)                       # x as preprocess.prepare returns it, in a batch
    save("mine.safetensors", network, metadata)  # for `init = "mine.safetensors"` and for segment
"""
import hashlib
import json
import struct
import sys

import torch

sys.dont_write_bytecode = True
import zoo

SEAL = "content_sha256"
# Entries of a checkpoint from which training goes on; weights that come from elsewhere do not go on.
TRAINING = ("position", "data", "kernels", "finished")


def read(path):
    """The metadata and tensors of a safetensors file."""
    with open(path, "rb") as f:
        data = f.read()
    size, = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    metadata, body = header.pop("__metadata__", {}), memoryview(bytearray(data[8 + size :]))
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(body[begin:end], dtype=torch.float32) if end > begin else torch.empty(0)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return metadata, tensors


def classes(config):
    """The names of the classes; none for foreground and background."""
    return [c if isinstance(c, str) else c.get("name", "") for c in config["dataset"].get("classes") or []]


def outputs(config):
    n = len(classes(config))
    return n if n > 2 else 1


def build(config, recipe):
    """The network of a run's configuration, with PyTorch's initial weights."""
    a = dict(config["architecture"])
    a["supervision"] = a.pop("deep-supervision", False)
    settings = {k: v for k, v in a.items() if v not in ("", None)}
    for key, known in (("block", zoo.BLOCKS), ("skip", zoo.SKIPS), ("style", zoo.STYLES)):
        if settings.get(key, zoo.DEFAULTS.get(key)) not in known:
            raise ValueError(f"{key} = {settings[key]!r} is not in zoo.py; add it there to load the checkpoint")
    _, network = zoo.build(dict(settings, cin=len(recipe["normalization"]["mean"]), classes=outputs(config)))
    return network


def load(path):
    """The network of a checkpoint as segment uses it, in evaluation mode, and the checkpoint's metadata."""
    metadata, tensors = read(path)
    if "config" not in metadata or "recipe" not in metadata:
        raise ValueError(f"{path} is no checkpoint of sweep: it names no network")
    network = build(json.loads(metadata["config"]), json.loads(metadata["recipe"]))
    # The weights of the best epoch, else moving averages, else the last ones.
    prefix = next((p for p in ("best.", "average.") if any(k.startswith(p) for k in tensors)), "")
    state = {k: tensors[prefix + k] for k in network.state_dict() if not k.endswith(".num_batches_tracked")}
    missing, _ = network.load_state_dict(state, strict=False)
    assert all(k.endswith(".num_batches_tracked") for k in missing), missing
    return network.eval(), metadata


def save(path, network, metadata=None):
    """Writes a network's weights. With the metadata of the checkpoint that it came from, segment applies it to images; without,
    the file serves as `init`. Leave threshold and temperature out of the metadata of a network that was trained further."""
    tensors = {k: v.detach().to("cpu", torch.float32).contiguous() for k, v in network.state_dict().items()
               if not k.endswith(".num_batches_tracked")}
    kept = {k: v for k, v in (metadata or {}).items() if k not in TRAINING}
    header, body = {"__metadata__": dict(kept, **{SEAL: "0" * 64})}, bytearray()
    for name, t in tensors.items():
        raw = bytes(t.flatten().view(torch.uint8).tolist()) if t.numel() else b""
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    seal = hashlib.sha256(text + body).hexdigest()
    place = f'"{SEAL}":"'.encode()
    text = text.replace(place + b"0" * 64, place + seal.encode(), 1)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)
