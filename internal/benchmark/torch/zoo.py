#!/usr/bin/env python3
"""The networks of docs/networks.md in PyTorch, and exact cases of them in float64 for the tests of internal/model:

    zoo.py golden --out DIR [--only PART]    weights, input, logits, loss, gradients, weights after Adam, running statistics
    zoo.py params MATRIX.toml                parameters of the networks of a matrix for RGB images, as JSON
    zoo.py bench MATRIX.toml --network NAME  how fast one of them trains and predicts, as `r2unet.py bench` prints it

Settings are those of [[architecture]] in experiments.toml, and parameters have the names of our checkpoints.
"""
import argparse
import json
import os
import sys
import zlib

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.dont_write_bytecode = True  # of the import
from r2unet import bench_arguments, cross_entropy, measure, save_case

DEFAULTS = dict(
    t=0, weights="", norm="batch", channels=(3, 5), skip="plain", style="unet", activation="relu", order="norm-activation", up="transposed",
    down="max", dropout="none", supervision=False,
)
DILATIONS = (1, 2, 4)
ACTIVATIONS = {"relu": F.relu, "leaky": lambda x: F.leaky_relu(x, 0.01), "elu": F.elu, "silu": F.silu}


def parsed(text):
    """A setting such as group(groups=4): its name and parameters."""
    name, _, rest = text.partition("(")
    return name, dict(part.split("=") for part in rest.rstrip(")").split(",") if part)


def norm_layer(text, channels):
    name, parameters = parsed(text)
    if name == "batch":
        return nn.BatchNorm2d(channels)
    if name == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    if name == "group":
        return nn.GroupNorm(int(parameters.get("groups", 8)), channels)
    return None


def biased(o):
    """Whether a convolution has a bias: unless the norm behind it subtracts it again."""
    return o["order"] == "activation-norm" or parsed(o["norm"])[0] in ("none", "group")


def finish(o, norm, z):
    f = ACTIVATIONS[o["activation"]]
    if norm is None:
        return f(z)
    return norm(f(z)) if o["order"] == "activation-norm" else f(norm(z))


class Unit(nn.Module):
    """Convolution, norm, function."""

    def __init__(self, o, cin, cout, dilation=1, kernel=3):
        super().__init__()
        self.o = o
        self.conv = nn.Conv2d(cin, cout, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=biased(o))
        self.norm = norm_layer(o["norm"], cout)

    def forward(self, x):
        return finish(self.o, self.norm, self.conv(x))


class RCL(nn.Module):
    """Recurrent convolutional layer, Eq. (1)-(2)."""

    def __init__(self, o, cin, cout):
        super().__init__()
        self.o = o
        self.forward_conv = nn.Conv2d(cin, cout, 3, padding=1, bias=biased(o))
        n = {"tied": 0, "shared": 1, "per-step": o["t"]}[o["weights"]]
        self.recurrent = nn.ModuleList(nn.Conv2d(cout, cout, 3, padding=1, bias=False) for _ in range(n))
        self.norm = nn.ModuleList(norm_layer(o["norm"], cout) or nn.Identity() for _ in range(o["t"] + 1))

    def forward(self, x):
        fwd = self.forward_conv(x)
        h = finish(self.o, self.norm[0], fwd)
        for s in range(1, self.o["t"] + 1):
            if self.o["weights"] == "tied":
                z = self.forward_conv(x + h)
            else:
                z = fwd + self.recurrent[0 if self.o["weights"] == "shared" else s - 1](h)
            h = finish(self.o, self.norm[s], z)
        return h


class Forward(nn.Module):
    def __init__(self, o, cin, cout):
        super().__init__()
        self.units = nn.ModuleList([Unit(o, cin, cout), Unit(o, cout, cout)])

    def forward(self, x):
        return self.units[1](self.units[0](x))


class Projected(nn.Module):
    """Changes the number of channels by a 1x1 convolution where a block begins with a sum."""

    def __init__(self, o, cin, cout):
        super().__init__()
        self.project = nn.Conv2d(cin, cout, 1) if cin != cout else None

    def projected(self, x):
        return x if self.project is None else self.project(x)


class Residual(Projected):
    def __init__(self, o, cin, cout):
        super().__init__(o, cin, cout)
        self.units = nn.ModuleList([Unit(o, cout, cout), Unit(o, cout, cout)])

    def forward(self, x):
        x = self.projected(x)
        return x + self.units[1](self.units[0](x))


class Recurrent(nn.Module):
    def __init__(self, o, cin, cout):
        super().__init__()
        project = o["weights"] == "tied" and cin != cout
        self.project = nn.Conv2d(cin, cout, 1) if project else None
        self.units = nn.ModuleList([RCL(o, cout if project else cin, cout), RCL(o, cout, cout)])

    def forward(self, x):
        if self.project is not None:
            x = self.project(x)
        return self.units[1](self.units[0](x))


class RecurrentResidual(Projected):
    def __init__(self, o, cin, cout):
        super().__init__(o, cin, cout)
        self.units = nn.ModuleList([RCL(o, cout, cout), RCL(o, cout, cout)])

    def forward(self, x):
        x = self.projected(x)
        return x + self.units[1](self.units[0](x))


class Shortcut(nn.Module):
    """The block of lwnet."""

    class Past(nn.Module):
        def __init__(self, o, cin, cout):
            super().__init__()
            self.conv = nn.Conv2d(cin, cout, 1, bias=parsed(o["norm"])[0] in ("none", "group"))
            self.norm = norm_layer(o["norm"], cout)

        def forward(self, x):
            z = self.conv(x)
            return z if self.norm is None else self.norm(z)

    def __init__(self, o, cin, cout):
        super().__init__()
        self.shortcut = Shortcut.Past(o, cin, cout)
        self.units = nn.ModuleList([Unit(o, cin, cout), Unit(o, cout, cout)])

    def forward(self, x):
        return self.units[1](self.units[0](x)) + self.shortcut(x)


class SqueezeExcitation(Projected):
    """x' + u * sigmoid(W2 relu(W1 mean(u))) with u = C2(C1(x'))."""

    def __init__(self, o, cin, cout):
        super().__init__(o, cin, cout)
        self.units = nn.ModuleList([Unit(o, cout, cout), Unit(o, cout, cout)])
        between = max(1, cout // 8)
        self.squeeze, self.excite = nn.Conv2d(cout, between, 1), nn.Conv2d(between, cout, 1)

    def forward(self, x):
        x = self.projected(x)
        u = self.units[1](self.units[0](x))
        return x + u * torch.sigmoid(self.excite(F.relu(self.squeeze(u.mean((2, 3), keepdim=True)))))


class Dense(nn.Module):
    """Three units, each of all that was before; a 1x1 convolution of all of it."""

    def __init__(self, o, cin, cout):
        super().__init__()
        growth = max(1, cout // 2)
        self.units = nn.ModuleList(Unit(o, cin + i * growth, growth) for i in range(3))
        self.project = nn.Conv2d(cin + 3 * growth, cout, 1)

    def forward(self, x):
        for u in self.units:
            x = torch.cat([x, u(x)], 1)
        return self.project(x)


class Dilated(nn.Module):
    def __init__(self, o, cin, cout):
        super().__init__()
        self.units = nn.ModuleList(Unit(o, cout if i else cin, cout, dilation=d) for i, d in enumerate(DILATIONS))

    def forward(self, x):
        for u in self.units:
            x = u(x)
        return x


class Separable(nn.Module):
    class Unit(nn.Module):
        def __init__(self, o, cin, cout):
            super().__init__()
            self.depthwise = nn.Conv2d(cin, cin, 3, padding=1, groups=cin, bias=False)
            self.pointwise = Unit(o, cin, cout, kernel=1)

        def forward(self, x):
            return self.pointwise(self.depthwise(x))

    def __init__(self, o, cin, cout):
        super().__init__()
        self.units = nn.ModuleList([Separable.Unit(o, cin, cout), Separable.Unit(o, cout, cout)])

    def forward(self, x):
        return self.units[1](self.units[0](x))


BLOCKS = {
    "forward": Forward, "residual": Residual, "recurrent": Recurrent, "recurrent-residual": RecurrentResidual, "shortcut": Shortcut,
    "squeeze-excitation": SqueezeExcitation, "dense": Dense, "dilated": Dilated, "separable": Separable,
}


class Plain(nn.Module):
    def __init__(self, o, skip, up):
        super().__init__()
        self.channels = skip + up

    def forward(self, skip, up):
        return torch.cat([skip, up], 1)


class Attention(nn.Module):
    """The additive gate of Oktay et al. 2018."""

    def __init__(self, o, skip, up):
        super().__init__()
        between = max(1, skip // 2)
        self.skip, self.gate = nn.Conv2d(skip, between, 1, bias=False), nn.Conv2d(up, between, 1)
        self.psi = nn.Conv2d(between, 1, 1)
        self.channels = skip + up

    def forward(self, skip, up):
        return torch.cat([skip * torch.sigmoid(self.psi(F.relu(self.skip(skip) + self.gate(up)))), up], 1)


class Bridge(Unit):
    def __init__(self, o, skip, up):
        super().__init__(o, skip, skip)
        self.channels = skip + up

    def forward(self, skip, up):
        return torch.cat([up, super().forward(skip)], 1)


SKIPS = {"plain": Plain, "attention": Attention, "bridge": Bridge}


def up_layer(o, cin, cout):
    """The convolution of an up-sampling."""
    return nn.ConvTranspose2d(cin, cout, 2, stride=2) if o["up"] == "transposed" else nn.Conv2d(cin, cout, 3, padding=1)


def upsampled(o, up, x):
    if o["up"] == "nearest":
        x = F.interpolate(x, scale_factor=2, mode="nearest")
    if o["up"] == "bilinear":
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return up(x)


class Encoder(nn.Module):
    """What the styles have in common: levels of blocks, each of half the size of the one before."""

    def __init__(self, o, cin, outputs):
        super().__init__()
        self.o, self.outputs = o, outputs
        self.encoder, prev = nn.ModuleList(), cin
        for c in o["channels"]:
            self.encoder.append(BLOCKS[o["block"]](o, prev, c))
            prev = c
        if o["down"] == "strided":
            for e, c in zip(self.encoder[1:], o["channels"]):
                e.down = nn.Conv2d(c, c, 3, stride=2, padding=1)

    def smaller(self, level, x):
        if self.o["down"] == "average":
            return F.avg_pool2d(x, 2)
        return self.encoder[level].down(x) if self.o["down"] == "strided" else F.max_pool2d(x, 2)

    def dropped(self, name, x):
        return drop(self.o, self.prefix + name, x, self.training, self.step) if self.o["dropout"] != "none" else x

    prefix, step = "", 0

    def levels(self, x):
        out = []
        for i, e in enumerate(self.encoder):
            x = self.dropped(f"encoder.{i}", e(self.smaller(i, x) if i else x))
            out.append(x)
        return out


class UNet(Encoder):
    def __init__(self, o, cin, outputs=1):
        super().__init__(o, cin, outputs)
        c = o["channels"]
        self.up, self.skip, self.decoder = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for l in reversed(range(len(c) - 1)):
            self.up.append(up_layer(o, c[l + 1], c[l]))
            self.skip.append(SKIPS[o["skip"]](o, c[l], c[l]))
            self.decoder.append(BLOCKS[o["block"]](o, self.skip[-1].channels, c[l]))
        self.head = nn.Conv2d(c[0], outputs, 1)

    def forward(self, x):
        levels = self.levels(x)
        x = levels[-1]
        for i, (u, s, d) in enumerate(zip(self.up, self.skip, self.decoder)):
            x = self.dropped(f"decoder.{i}", d(s(levels[-2 - i], upsampled(self.o, u, x))))
        return self.head(x), []


class WNet(nn.Module):
    def __init__(self, o, cin, outputs=1):
        super().__init__()
        self.unet1, self.unet2 = UNet(o, cin, outputs), UNet(o, cin + outputs, outputs)
        self.unet1.prefix, self.unet2.prefix = "unet1.", "unet2."

    def forward(self, x):
        first, _ = self.unet1(x)
        return self.unet2(torch.cat([x, first], 1))[0], [(1, first)]


class SegNet(Encoder):
    """Every encoder level is pooled, and its decoder level puts values back to where the maxima were."""

    def __init__(self, o, cin, outputs=1):
        super().__init__(o, cin, outputs)
        c = o["channels"]
        self.decoder = nn.ModuleList(BLOCKS[o["block"]](o, c[l], c[max(l - 1, 0)]) for l in reversed(range(len(c))))
        self.head = nn.Conv2d(c[0], outputs, 1)

    def forward(self, x):
        places = []
        for i, e in enumerate(self.encoder):
            x, where = F.max_pool2d(self.dropped(f"encoder.{i}", e(x)), 2, return_indices=True)
            places.append(where)
        for i, (d, where) in enumerate(zip(self.decoder, reversed(places))):
            x = self.dropped(f"decoder.{i}", d(F.max_unpool2d(x, where, 2)))
        return self.head(x), []


class UNetPlusPlus(Encoder):
    def __init__(self, o, cin, outputs=1):
        super().__init__(o, cin, outputs)
        c, deep = o["channels"], len(o["channels"])
        lists = lambda: nn.ModuleList(nn.ModuleList() for _ in range(deep - 1))
        self.up, self.skip, self.decoder = lists(), lists(), lists()
        for j in range(1, deep):
            for i in range(deep - j):
                self.up[j - 1].append(up_layer(o, c[i + 1], c[i]))
                self.skip[j - 1].append(SKIPS[o["skip"]](o, j * c[i], c[i]))
                self.decoder[j - 1].append(BLOCKS[o["block"]](o, self.skip[j - 1][-1].channels, c[i]))
        self.head = nn.Conv2d(c[0], outputs, 1)
        if o["supervision"]:
            self.heads = nn.ModuleList(nn.Conv2d(c[0], outputs, 1) for _ in range(deep - 2))

    def forward(self, x):
        nodes = [[x] for x in self.levels(x)]
        for j in range(1, len(nodes)):
            for i in range(len(nodes) - j):
                up = upsampled(self.o, self.up[j - 1][i], nodes[i + 1][j - 1])
                d = self.decoder[j - 1][i](self.skip[j - 1][i](torch.cat(nodes[i], 1), up))
                nodes[i].append(self.dropped(f"decoder.{j - 1}.{i}", d))
        taught = [(1, h(nodes[0][j + 1])) for j, h in enumerate(self.heads)] if self.o["supervision"] else []
        return self.head(nodes[0][-1]), taught


STYLES = {"unet": UNet, "wnet": WNet, "segnet": SegNet, "unet++": UNetPlusPlus}
WORD = (1 << 64) - 1


def uniform(*parts):
    """A number in [0, 1) of whole numbers: SplitMix64 over each in turn, as package calls has it."""
    h = 0
    for p in parts:
        h = (h + p + 0x9E3779B97F4A7C15) & WORD
        h = ((h ^ h >> 30) * 0xBF58476D1CE4E5B9) & WORD
        h = ((h ^ h >> 27) * 0x94D049BB133111EB) & WORD
        h ^= h >> 31
    return (h >> 11) / 2.0**53


def seed_of(name, seed=0):
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = ((h ^ b) * 0x100000001B3) & WORD
    return h ^ seed


def drop(o, name, x, training, step):
    kind, parameters = parsed(o["dropout"])
    rate = float(parameters.get("rate", 0.1))
    if not training:
        return x
    n, c, h, w = x.shape
    seed = seed_of(name + ".dropout")
    if kind == "channels":
        kept = [float(uniform(seed, step, p) >= rate) for p in range(n * c)]
        return x * torch.tensor(kept, dtype=x.dtype).reshape(n, c, 1, 1) / (1 - rate)
    if kind == "elements":
        kept = [float(uniform(seed, step, p) >= rate) for p in range(x.numel())]
        return x * torch.tensor(kept, dtype=x.dtype).reshape(x.shape) / (1 - rate)
    size = min(int(parameters.get("size", 7)), h, w)
    centres = (h - size + 1) * (w - size + 1)
    chance = rate * h * w / size**2 / centres
    mask = torch.zeros_like(x)
    for p in range(n * c):
        for q in range(centres):
            if uniform(seed, step, p * centres + q) < chance:
                y, z = divmod(q, w - size + 1)
                mask[p // c, p % c, y:y + size, z:z + size] = 1
    keep = 1 - mask
    return x * keep * keep.numel() / keep.sum()


# The cases of each part. Names are those of the files.
PARTS = {
    "wnet": {
        "lwnet": dict(style="wnet", block="shortcut", skip="bridge", order="activation-norm", channels=(3, 4, 5), cin=3),
        "lwnet-small": dict(style="unet", block="shortcut", skip="bridge", order="activation-norm", cin=2),
        "wnet-recurrent-residual": dict(style="wnet", block="recurrent-residual", t=2, weights="shared"),
        "shortcut-none": dict(block="shortcut", skip="bridge", norm="none"),
        "recurrent-activation-first": dict(block="recurrent", t=2, weights="tied", order="activation-norm"),
        "attention": dict(block="forward", skip="attention"),
        "attention-recurrent-residual": dict(block="recurrent-residual", t=2, weights="per-step", skip="attention"),
    },
    "norms": {
        "instance": dict(block="forward", norm="instance"),
        "instance-recurrent": dict(block="recurrent", t=2, weights="shared", norm="instance"),
        "group": dict(block="recurrent-residual", t=2, weights="shared", norm="group(groups=2)", channels=(4, 6)),
        "group-activation-first": dict(block="shortcut", skip="bridge", norm="group(groups=2)", order="activation-norm", channels=(4, 6)),
        "leaky": dict(block="recurrent-residual", t=2, weights="shared", activation="leaky"),
        "elu": dict(block="recurrent", t=3, weights="tied", activation="elu"),
        "silu": dict(block="recurrent-residual", t=2, weights="per-step", activation="silu"),
        "silu-none": dict(block="forward", activation="silu", norm="none"),
        "sa-unet": dict(block="forward", activation="silu", norm="group", channels=(16, 16)),
    },
    "blocks": {
        "squeeze-excitation": dict(block="squeeze-excitation"),
        "squeeze-excitation-wide": dict(block="squeeze-excitation", channels=(16, 17), skip="attention", norm="none"),
        "dense": dict(block="dense"),
        "dense-attention": dict(block="dense", skip="attention", norm="none"),
        "dilated": dict(block="dilated"),
        "separable": dict(block="separable", cin=3),
        "separable-none": dict(block="separable", norm="none"),
    },
    "sampling": {
        "nearest": dict(block="forward", up="nearest"),
        "bilinear": dict(block="residual", up="bilinear", skip="attention"),
        "average": dict(block="forward", down="average"),
        "strided": dict(block="recurrent-residual", t=2, weights="shared", down="strided", up="bilinear", channels=(3, 4, 5)),
    },
    "dropout": {
        "dropout-elements": dict(block="forward", dropout="elements(rate=0.2)"),
        "dropout-channels": dict(block="recurrent-residual", t=2, weights="shared", dropout="channels(rate=0.2)", channels=(6, 8)),
        "drop-block": dict(block="residual", dropout="block(rate=0.15,size=3)"),
        "drop-block-wnet": dict(style="wnet", block="forward", dropout="block(rate=0.1)"),
    },
    "styles": {
        "segnet": dict(style="segnet", block="forward"),
        "segnet-recurrent-residual": dict(style="segnet", block="recurrent-residual", t=2, weights="shared"),
        "segnet-none": dict(style="segnet", block="recurrent", t=2, weights="tied", norm="none"),
        "unet++": dict(style="unet++", block="forward", channels=(2, 3, 4)),
        "unet++-supervised": dict(style="unet++", block="recurrent-residual", t=2, weights="shared", channels=(2, 3, 4), supervision=True),
        "wnet-classes": dict(style="wnet", block="residual", skip="bridge", classes=3),
        "unet++-classes": dict(style="unet++", block="forward", channels=(2, 3, 4), supervision=True, classes=3),
        "unet++-attention": dict(style="unet++", block="residual", channels=(2, 3, 4), skip="attention", norm="none"),
    },
}


def seeds(name):
    return zlib.crc32(name.encode())


def build(settings):
    o = dict(DEFAULTS, **settings)
    return o, STYLES[o["style"]](o, o.pop("cin", 1), o.pop("classes", 1))


class Stepping(nn.Module):
    """Keeps the number of training passes, of which dropout masks are a function, and what was supervised besides the result."""

    def __init__(self, network):
        super().__init__()
        self.network, self.taught, self.passes = [network], [], 0

    def parameters(self, recurse=True):
        return self.network[0].parameters()

    def named_parameters(self, *_, **__):
        return self.network[0].named_parameters()

    def named_buffers(self, *_, **__):
        return self.network[0].named_buffers()

    def train(self, mode=True):
        super().train(mode)
        self.network[0].train(mode)
        return self

    def forward(self, x):
        for m in self.network[0].modules():
            m.step = max(self.passes, 0)
        logits, self.taught = self.network[0](x)
        if self.training:
            self.passes += 1
        return logits


def golden(a):
    os.makedirs(a.out, exist_ok=True)
    for part, cases in PARTS.items():
        if a.only and part != a.only:
            continue
        for name, settings in cases.items():
            torch.manual_seed(seeds(name) + a.seed)
            cin = settings.get("cin", 1)
            o, network = build(settings)
            m = Stepping(network.double())
            with torch.no_grad():
                for k, p in m.named_parameters():
                    if p.dim() == 1:  # biases around 0: where a ReLU before a norm cuts nothing off, the norm cancels the bias
                        p.uniform_(0.5, 1.5) if k.endswith("weight") else p.uniform_(-0.5, 0.5)
                for p in m.parameters():  # float32-exact, so that both sides start from the same numbers
                    p.copy_(p.float().double())
            x = torch.randn(2, cin, 8, 12).double().float().double()
            classes = settings.get("classes", 1)
            entropy, y = F.binary_cross_entropy_with_logits, (torch.rand(2, 1, 8, 12) > 0.7).double()
            if classes > 1:
                entropy, y = cross_entropy, torch.randint(-1, classes, (2, 8, 12))  # -1 is ignored

            def loss(logits, y):
                return entropy(logits, y) + sum(w * entropy(z, y) for w, z in m.taught)

            toml = {k: list(v) if isinstance(v, tuple) else v for k, v in settings.items() if k not in ("cin", "classes", "supervision")}
            toml.setdefault("channels", list(DEFAULTS["channels"]))
            if o["supervision"]:
                toml["deep-supervision"] = True
            meta = dict(arch=name, t=o["t"], weights=o["weights"], norm=o["norm"], in_channels=cin, toml=json.dumps(toml))
            if classes > 1:
                meta.update(classes=classes, loss="cross-entropy")
            save_case(a.out, m, x, y, y.unsqueeze(1) if classes > 1 else y, loss, meta, name)


def networks(path):
    """The settings of each network of a matrix by its name."""
    import tomllib

    with open(path, "rb") as f:
        found = tomllib.load(f)["architecture"]
    settings = {}
    for n in found:
        name, n["supervision"] = n.pop("name"), n.pop("deep-supervision", False)
        n.setdefault("channels", (16, 32, 64, 128))
        if n.get("t"):
            n.setdefault("weights", "shared")
        settings[name] = n
    return settings


def params(a):
    counts = {name: sum(p.numel() for p in build(dict(n, cin=3))[1].parameters()) for name, n in networks(a.matrix).items()}
    print(json.dumps(counts))


def bench(a):
    settings = dict(networks(a.matrix)[a.network], cin=a.cin)
    if a.channels:
        settings["channels"] = tuple(int(c) for c in a.channels.split(","))
    entropy = F.binary_cross_entropy_with_logits

    def loss(result, y):
        return entropy(result[0], y) + sum(w * entropy(z, y) for w, z in result[1])

    measure(a, lambda: build(settings)[1], loss, dict(arch=a.network, t=settings.get("t", 0), weights=settings.get("weights", "")))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("mode", choices=("golden", "params", "bench"))
    p.add_argument("matrix", nargs="?", default="", help="of params and bench: a TOML file")
    p.add_argument("--network", default="", help="of bench: one of the file's")
    bench_arguments(p)
    p.add_argument("--out", default="zoo")
    p.add_argument("--only", default="", help="one part of the cases")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    {"golden": golden, "params": params, "bench": bench}[a.mode](a)


if __name__ == "__main__":
    main()
