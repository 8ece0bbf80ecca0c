"""Times PyTorch for run.sh: torch_peer.py OUT fp32|tf32 eager|compile --batch N --size N

Appends the rows of torch_reference.py's bench of R2U-Net (t = 2) on the GPU, with cudnn.benchmark on, TF32 as asked and,
for "compile", the network through torch.compile."""

import argparse
import contextlib
import io
import json

import torch

import torch_reference


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out")
    p.add_argument("precision", choices=("fp32", "tf32"))
    p.add_argument("mode", choices=("eager", "compile"))
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--size", type=int, default=48)
    a = p.parse_args()
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = a.precision == "tf32"
    if a.mode == "compile":
        torch_reference.SegNet.forward = torch.compile(torch_reference.SegNet.forward)
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        torch_reference.bench(argparse.Namespace(
            arch="r2unet", t=2, weights="shared", cin=1, threads=0, runs=21, device="cuda", batch=a.batch, size=a.size))
    with open(a.out, "a") as file:
        for line in text.getvalue().splitlines():
            file.write(json.dumps({"precision": a.precision, "mode": a.mode, **json.loads(line)}) + "\n")


main()
