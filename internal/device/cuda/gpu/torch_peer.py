"""PyTorch beside the cuda device, for run.sh:

torch_peer.py bench OUT fp32|tf32 eager|benchmark|compile --device cuda --batch N --size N
    appends the rows of r2unet.py's bench of R2U-Net (t = 2): eager mode, eager mode with cudnn.benchmark, or the
    network through torch.compile and cudnn.benchmark
torch_peer.py steps OUT --device cuda
    writes what PyTorch computes in float64 for ten Adam steps of R2U-Net, in the format of the golden networks, and how far
    PyTorch in float32 without TF32 is from it
"""

import argparse
import contextlib
import io
import json

import torch
import torch.nn.functional as F

import r2unet


def bench(a):
    torch.backends.cudnn.benchmark = a.mode != "eager"
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = a.precision == "tf32"
    if a.mode == "compile":
        r2unet.Network.forward = torch.compile(r2unet.Network.forward)
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        r2unet.bench(argparse.Namespace(
            arch="r2unet", t=2, weights="shared", cin=1, threads=0, runs=a.runs, device=a.device, batch=a.batch, size=a.size))
    with open(a.out, "a") as file:
        for line in text.getvalue().splitlines():
            file.write(json.dumps({"precision": a.precision, "mode": a.mode, **json.loads(line)}) + "\n")


def train(m, x, y, steps):
    """What the golden cases hold: one pass with gradients, Adam steps, evaluation."""
    out = {}
    m.zero_grad(set_to_none=True)
    m.train()
    logits = m(x)
    loss = F.binary_cross_entropy_with_logits(logits, y)
    loss.backward()
    out["logits"], out["loss"] = logits, loss.reshape(1)
    out.update({"grad." + k: p.grad.clone() for k, p in m.named_parameters()})
    opt = torch.optim.Adam(m.parameters(), lr=2e-4, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for _ in range(steps):
        opt.zero_grad()
        l = F.binary_cross_entropy_with_logits(m(x), y)
        losses.append(l.item())
        l.backward()
        opt.step()
    out["adam.losses"] = torch.tensor(losses, dtype=torch.float64)
    out.update({"adam." + k: v for k, v in m.named_parameters()})
    out.update({"buffer." + k: v for k, v in m.named_buffers() if "running" in k})
    m.eval()
    with torch.no_grad():
        out["eval.logits"] = m(x)
    return {k: v.detach().double().cpu() for k, v in out.items()}


def quantity(name):
    """The quantity that a tensor belongs to, as agreement_test.go names them."""
    if name in ("logits", "loss"):
        return name
    return {"grad": "gradients", "adam": "losses" if name == "adam.losses" else "weights", "buffer": "running statistics",
            "eval": "evaluation"}[name.split(".")[0]]


def steps(a):
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    torch.manual_seed(1)
    channels = tuple(int(c) for c in a.channels.split(","))
    m = r2unet.Network("recurrent-residual", 2, "shared", "batch", channels, 1).to(a.device)
    x = torch.rand(a.batch, 1, a.size, a.size, device=a.device)
    y = (torch.rand(a.batch, 1, a.size, a.size, device=a.device) > 0.7).float()
    param = {"param." + k: v.detach().double().cpu().clone() for k, v in m.named_parameters()}
    state = {k: v.clone() for k, v in m.state_dict().items()}
    single = train(m, x, y, a.steps)
    m.load_state_dict(state)
    want = train(m.double(), x.double(), y.double(), a.steps)
    worst = {}
    for name, w in want.items():
        s = single[name]
        if name == "eval.logits":  # as probabilities
            w, s = torch.sigmoid(w), torch.sigmoid(s)
        size = w.norm().item()
        distance = (s - w).norm().item() / (size if size >= 1e-6 else 1)
        worst[quantity(name)] = max(worst.get(quantity(name), 0), distance)
    meta = dict(arch="r2unet", t=2, weights="shared", norm="batch", channels=a.channels, in_channels=1, lr=2e-4, adam_steps=a.steps,
                computed_in="float64", peer=f"torch {torch.__version__} on {a.device}", **{"float32." + k: v for k, v in worst.items()})
    r2unet.save_safetensors(a.out, {"input": x.cpu(), "target": y.cpu(), **param, **want}, meta)


def main():
    p = argparse.ArgumentParser()
    modes = p.add_subparsers(required=True)
    b = modes.add_parser("bench")
    b.set_defaults(run=bench)
    b.add_argument("out")
    b.add_argument("precision", choices=("fp32", "tf32"))
    b.add_argument("mode", choices=("eager", "benchmark", "compile"))
    b.add_argument("--batch", type=int, default=32)
    b.add_argument("--size", type=int, default=48)
    b.add_argument("--runs", type=int, default=21)
    b.add_argument("--device", default="cuda")
    s = modes.add_parser("steps")
    s.set_defaults(run=steps)
    s.add_argument("out")
    s.add_argument("--device", default="cuda")
    s.add_argument("--channels", default="16,32,64,128")
    s.add_argument("--batch", type=int, default=4)
    s.add_argument("--size", type=int, default=48)
    s.add_argument("--steps", type=int, default=10)
    a = p.parse_args()
    a.run(a)


main()
