#!/usr/bin/env python3
"""The networks of docs/specification.md in PyTorch: the peer that `bench -compare torch` runs, and a way into PyTorch for checkpoints.

    from r2unet import Network
    network = Network("recurrent-residual", t=2)
    network.load_state_dict(safetensors.torch.load_file("checkpoint.safetensors"), strict=False)

As a program, with any PyTorch from 1.13 on:

    r2unet.py bench --threads 2 [--arch r2unet --t 2 --batch 32 --size 48] [--compile] [--bf16] [--device cuda]
    r2unet.py golden --out DIR [--seed N]    exact cases in float64: weights, input, logits, loss, gradients, weights after Adam
    r2unet.py golden --out DIR --classes 3   the same with softmax over three classes, and pixels that are ignored
    r2unet.py params                         parameters of all networks
"""
import argparse
import array
import contextlib
import json
import os
import struct
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

PAPER_CHANNELS = (16, 32, 64, 128)

# Blocks by the short names of networks that `bench -arch` takes.
BLOCKS = {"unet": "forward", "resunet": "residual", "runet": "recurrent", "r2unet": "recurrent-residual"}


def norm_layer(kind, channels):
    return nn.BatchNorm2d(channels, eps=1e-5, momentum=0.1) if kind == "batch" else nn.Identity()


class ConvUnit(nn.Module):
    """3x3 convolution, norm, ReLU: Fig. 4(a), one layer of it."""

    def __init__(self, cin, cout, norm):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1, bias=norm == "none")
        self.norm = norm_layer(norm, cout)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class RCL(nn.Module):
    """Recurrent convolutional layer, Eq. (1)-(2), unrolled for s = 0..t."""

    def __init__(self, cin, cout, t, weights, norm):
        super().__init__()
        self.t, self.weights = t, weights
        bias = norm == "none"
        self.forward_conv = nn.Conv2d(cin, cout, 3, padding=1, bias=bias)
        n = {"tied": 0, "shared": 1, "per-step": t}[weights]
        self.recurrent = nn.ModuleList(nn.Conv2d(cout, cout, 3, padding=1, bias=False) for _ in range(n))
        self.norm = nn.ModuleList(norm_layer(norm, cout) for _ in range(t + 1))

    def forward(self, x):
        fwd = self.forward_conv(x)
        h = F.relu(self.norm[0](fwd))
        for s in range(1, self.t + 1):
            if self.weights == "tied":
                o = self.forward_conv(x + h)
            else:
                r = self.recurrent[0 if self.weights == "shared" else s - 1]
                o = fwd + r(h)
            h = F.relu(self.norm[s](o))
        return h


class Block(nn.Module):
    """The four convolutional units of Fig. 4."""

    def __init__(self, block, cin, cout, t, weights, norm):
        super().__init__()
        self.residual = block in ("residual", "recurrent-residual")
        recurrent = block in ("recurrent", "recurrent-residual")
        project = cin != cout and (self.residual or (recurrent and weights == "tied"))
        self.project = nn.Conv2d(cin, cout, 1) if project else None
        first = cout if project else cin
        if recurrent:
            self.units = nn.ModuleList([RCL(first, cout, t, weights, norm), RCL(cout, cout, t, weights, norm)])
        else:
            self.units = nn.ModuleList([ConvUnit(first, cout, norm), ConvUnit(cout, cout, norm)])

    def forward(self, x):
        if self.project is not None:
            x = self.project(x)
        y = x
        for u in self.units:
            y = u(y)
        return x + y if self.residual else y


class Network(nn.Module):
    """Encoder-decoder of Fig. 2/3 with 2x2 max-pooling, 2x2 transposed convolutions and concatenation."""

    def __init__(self, block="recurrent-residual", t=2, weights="shared", norm="batch", channels=PAPER_CHANNELS, cin=1, classes=1):
        super().__init__()
        self.encoder, prev = nn.ModuleList(), cin
        for c in channels:
            self.encoder.append(Block(block, prev, c, t, weights, norm))
            prev = c
        self.up, self.decoder = nn.ModuleList(), nn.ModuleList()
        for c in reversed(channels[:-1]):
            self.up.append(nn.ConvTranspose2d(prev, c, 2, stride=2))
            self.decoder.append(Block(block, 2 * c, c, t, weights, norm))
            prev = c
        self.head = nn.Conv2d(prev, classes if classes > 2 else 1, 1)

    def forward(self, x):
        skips = []
        for i, e in enumerate(self.encoder):
            x = e(F.max_pool2d(x, 2) if i else x)
            skips.append(x)
        for u, d, s in zip(self.up, self.decoder, reversed(skips[:-1])):
            x = d(torch.cat([s, u(x)], 1))
        return self.head(x)


def conv_flops(model, x):
    """Multiply-adds of all convolutions of one forward pass, times two."""
    total, hooks = [0], []

    def hook(m, inp, out):
        k = m.kernel_size[0] * m.kernel_size[1]
        n = out.numel() * m.in_channels if isinstance(m, nn.Conv2d) else inp[0].numel() * m.out_channels
        total[0] += 2 * n // m.groups * k

    for m in model.modules():
        if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)):
            hooks.append(m.register_forward_hook(hook))
    with torch.no_grad():
        model(x)
    for h in hooks:
        h.remove()
    return total[0]


def bench(a):
    channels = tuple(int(c) for c in a.channels.split(",")) if a.channels else PAPER_CHANNELS
    measure(a, lambda: Network(BLOCKS[a.arch], a.t, a.weights, cin=a.cin, channels=channels), F.binary_cross_entropy_with_logits,
            dict(arch=a.arch, t=a.t, weights=a.weights))


def measure(a, network, loss_of, names):
    """Prints the rows of a network in both layouts; loss_of(result, target) is what training minimizes."""
    width = a.width or a.size
    torch.manual_seed(0)
    if a.threads:
        torch.set_num_threads(a.threads)
    dev = torch.device(a.device)
    rows = []
    cast = (lambda: torch.autocast(dev.type, torch.bfloat16)) if a.bf16 else contextlib.nullcontext
    for fmt in ("nchw", "nhwc"):
        m = network().to(dev)
        x = torch.rand(a.batch, a.cin, a.size, width, device=dev)
        y = (torch.rand(a.batch, 1, a.size, width, device=dev) > 0.9).float()
        if fmt == "nhwc":
            m = m.to(memory_format=torch.channels_last)
            x = x.contiguous(memory_format=torch.channels_last)
        flops = conv_flops(m, x)
        if a.compile:
            m = torch.compile(m)
        opt = torch.optim.Adam(m.parameters(), 2e-4)
        sync = torch.cuda.synchronize if dev.type == "cuda" else (lambda: None)

        def step():
            opt.zero_grad()
            with cast():
                loss = loss_of(m(x), y)
            loss.backward()
            opt.step()

        def infer_step():
            with cast():
                m(x)

        def timed(f):
            for _ in range(2):
                f()
            ts, clock = [], time.process_time if a.fastest else time.perf_counter
            for _ in range(a.runs):
                sync(); t = clock(); f(); sync()
                ts.append(clock() - t)
            return min(ts) if a.fastest else sorted(ts)[len(ts) // 2]

        train = None
        if not a.predict:
            m.train(); train = timed(step)
        m.eval()
        with torch.no_grad():
            infer = timed(infer_step)
        row = dict(peer="torch " + torch.__version__, layout=fmt, compile=a.compile, bf16=a.bf16, **names, batch=a.batch,
                   size=a.size, **({"width": width} if width != a.size else {}), device=a.device, threads=torch.get_num_threads(),
                   params=sum(p.numel() for p in m.parameters()), forward_gflop_per_sample=flops / a.batch / 1e9,
                   infer_samples_per_s=a.batch / infer, infer_gflops=flops / infer / 1e9)
        if train:
            row.update(train_samples_per_s=a.batch / train, train_gflops=3 * flops / train / 1e9)
        rows.append(row)
    for r in rows:
        print(json.dumps(r))


def save_safetensors(path, tensors, meta):
    header, blob = {"__metadata__": {k: str(v) for k, v in meta.items()}}, b""
    for name, t in tensors.items():
        raw = array.array("f", t.detach().to(torch.float32).flatten().tolist()).tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    h = json.dumps(header).encode()
    h += b" " * (-len(h) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + blob)


def cross_entropy(logits, y):
    return F.cross_entropy(logits, y, ignore_index=-1)


def dice(logits, y):
    """The mean over the foreground classes of 1 - (2*sum(p*t) + 1)/(sum(p) + sum(t) + 1), over all pixels that are not ignored."""
    counts = (y >= 0).unsqueeze(1)
    p = logits.softmax(1) * counts
    t = F.one_hot(y.clamp(min=0), logits.shape[1]).permute(0, 3, 1, 2) * counts
    both, size = (p * t).sum((0, 2, 3)), (p + t).sum((0, 2, 3))
    return (1 - (2 * both + 1) / (size + 1))[1:].mean()


CLASS_LOSSES = {
    "cross-entropy": cross_entropy,
    "dice": dice,
    "cross-entropy+dice": lambda logits, y: cross_entropy(logits, y) + dice(logits, y),
    "0.5*cross-entropy+2*dice": lambda logits, y: 0.5 * cross_entropy(logits, y) + 2 * dice(logits, y),
}

# Networks of several classes: each block with and without norm, each way to share weights, each loss.
CLASS_CASES = (
    ("unet", 0, "-", "batch", "cross-entropy"),
    ("unet", 0, "-", "none", "cross-entropy+dice"),
    ("resunet", 0, "-", "batch", "cross-entropy+dice"),
    ("resunet", 0, "-", "none", "dice"),
    ("runet", 2, "shared", "batch", "cross-entropy"),
    ("runet", 3, "tied", "none", "0.5*cross-entropy+2*dice"),
    ("r2unet", 2, "shared", "batch", "cross-entropy+dice"),
    ("r2unet", 2, "per-step", "none", "cross-entropy"),
    ("r2unet", 3, "tied", "batch", "dice"),
)


def golden_classes(a):
    os.makedirs(a.out, exist_ok=True)
    channels = tuple(int(c) for c in (a.channels or "3,8,10").split(","))
    for n, (arch, t, weights, norm, name) in enumerate(CLASS_CASES):
        torch.manual_seed(a.seed + n)
        cin, of = 1 + n % 3, CLASS_LOSSES[name]
        m = Network(BLOCKS[arch], t, "shared" if weights == "-" else weights, norm, channels, cin, a.classes).double()
        with torch.no_grad():
            for p in m.parameters():
                if p.dim() == 1:
                    p.uniform_(0.5, 1.5)
            for p in m.parameters():
                p.copy_(p.float().double())
        x = torch.rand(2, cin, 16, 24).double().float().double()
        y = torch.randint(-1, a.classes, (2, 16, 24))  # -1 is ignored
        meta = dict(arch=arch, t=t, weights=weights, norm=norm, channels=",".join(map(str, channels)), in_channels=cin, classes=a.classes, loss=name)
        save_case(a.out, m, x, y, y.unsqueeze(1), of, meta)


def golden(a):
    if a.classes > 2:
        return golden_classes(a)
    os.makedirs(a.out, exist_ok=True)
    cases = []
    for arch in BLOCKS:
        for t in ((0,) if arch in ("unet", "resunet") else (2, 3)):
            for weights in (("-",) if t == 0 else ("tied", "shared", "per-step")):
                for norm in ("batch", "none"):
                    cases.append((arch, t, weights, norm))
    for n, (arch, t, weights, norm) in enumerate(cases):
        torch.manual_seed(a.seed + n)
        m = Network(BLOCKS[arch], t, "shared" if weights == "-" else weights, norm, (3, 8, 10), 1 + n % 3).double()
        with torch.no_grad():
            for p in m.parameters():
                if p.dim() == 1:
                    p.uniform_(0.5, 1.5)
            for p in m.parameters():  # float32-exact, so that both sides start from the same numbers
                p.copy_(p.float().double())
        x = torch.rand(2, 1 + n % 3, 16, 24).double().float().double()
        y = (torch.rand(2, 1, 16, 24) > 0.7).double()
        meta = dict(arch=arch, t=t, weights=weights, norm=norm, channels="3,8,10", in_channels=1 + n % 3)
        save_case(a.out, m, x, y, y, F.binary_cross_entropy_with_logits, meta)


def save_case(folder, m, x, y, target, of, meta, name=None):
    """Trains the network for three steps of Adam on the loss `of` and writes everything it gave; target is y as it is stored."""
    out = {"input": x, "target": target}
    out.update({"param." + k: v.clone() for k, v in m.named_parameters()})
    m.train()
    logits = m(x)
    loss = of(logits, y)
    out["logits"], out["loss"] = logits, loss.reshape(1)
    loss.backward()
    out.update({"grad." + k: p.grad.clone() for k, p in m.named_parameters()})
    opt = torch.optim.Adam(m.parameters(), lr=2e-4, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for _ in range(3):
        opt.zero_grad()
        step = of(m(x), y)
        losses.append(step.item())
        step.backward()
        opt.step()
    out["adam.losses"] = torch.tensor(losses, dtype=torch.float64)
    out.update({"adam." + k: v.clone() for k, v in m.named_parameters()})
    out.update({"buffer." + k: v.clone().double() for k, v in m.named_buffers() if "running" in k})
    m.eval()
    with torch.no_grad():
        out["eval.logits"] = m(x)
        if "classes" in meta:
            out["eval.probabilities"] = out["eval.logits"].softmax(1)
    name = (name or f"{meta['arch']}_t{meta['t']}_{meta['weights']}_{meta['norm']}".replace("_t0_-", "")) + ".safetensors"
    save_safetensors(os.path.join(folder, name), out, dict(meta, lr=2e-4, adam_steps=3, computed_in="float64"))
    print(name, sum(p.numel() for p in m.parameters()), loss.item())


def params(_):
    for arch in BLOCKS:
        for t in ((0,) if arch in ("unet", "resunet") else (2, 3)):
            for w in (("shared",) if t == 0 else ("tied", "shared", "per-step")):
                m = Network(BLOCKS[arch], t, w)
                print(f"{arch:8} t={t} {w:9} {sum(p.numel() for p in m.parameters())}")


def bench_arguments(p):
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--size", type=int, default=48, help="height of the images, and width unless --width is given")
    p.add_argument("--width", type=int, default=0)
    p.add_argument("--predict", action="store_true", help="of bench: predictions alone")
    p.add_argument("--cin", type=int, default=1)
    p.add_argument("--channels", default="", help="widths of the encoder levels, such as 64,128,256,512; default the paper's 16,32,64,128")
    p.add_argument("--threads", type=int, default=0)
    p.add_argument("--runs", type=int, default=7)
    p.add_argument("--fastest", action="store_true", help="processor time of the fastest run instead of wall time of the median one")
    p.add_argument("--compile", action="store_true", help="torch.compile (PyTorch 2)")
    p.add_argument("--bf16", action="store_true", help="autocast to bfloat16")
    p.add_argument("--device", default="cpu")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("mode", choices=("bench", "golden", "params"))
    p.add_argument("--arch", default="r2unet", choices=BLOCKS)
    p.add_argument("--t", type=int, default=2)
    p.add_argument("--weights", default="shared", choices=("shared", "per-step", "tied"))
    bench_arguments(p)
    p.add_argument("--out", default="golden")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--classes", type=int, default=1, help="of golden cases, background included; from three on, softmax")
    a = p.parse_args()
    {"bench": bench, "golden": golden, "params": params}[a.mode](a)


if __name__ == "__main__":
    main()
