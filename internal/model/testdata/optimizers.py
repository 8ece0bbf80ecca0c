"""Prints weights after steps of PyTorch's optimizers as JSON, in float64: python optimizers.py > optimizers.json

The weights are three tensors; the gradient of batch j with respect to a weight w, the i-th of all, is
(1 + i/4)·sin(3·w + 0.7·j). The learning rate of update k is 0.01·(1 + sin(k)/2). Each case takes 50 updates of as many
batches as it has sizes, in samples, under the project's settings of the same optimizer.
"""
import json
import math
import warnings

import torch

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
SHAPES, UPDATES = [(2, 3), (4,), (1,)], 50


def case(optimizer, make, decay=0.0, clip=0.0, sizes=(4,)):
    start = [math.cos(i) for i in range(11)]
    weights, first = [], 0
    for shape in SHAPES:
        count = math.prod(shape)
        values = torch.tensor(start[first:first + count], dtype=torch.float64).reshape(shape)
        weights.append(values.clone().requires_grad_())
        first += count
    o = make(weights)
    batch = 0
    for k in range(UPDATES):
        o.zero_grad()
        for size in sizes:
            i, loss = 0, 0
            for w in weights:
                scale = 1 + torch.arange(i, i + w.numel(), dtype=torch.float64).reshape(w.shape) / 4
                loss = loss - (scale * torch.cos(3 * w + 0.7 * batch) / 3).sum()
                i += w.numel()
            (loss * size / sum(sizes)).backward()
            batch += 1
        if clip:
            torch.nn.utils.clip_grad_norm_(weights, clip)
        for group in o.param_groups:
            group["lr"] = 0.01 * (1 + math.sin(k) / 2)
        o.step()
    return {
        "optimizer": optimizer, "decay": decay, "clip": clip, "sizes": list(sizes), "start": start,
        "end": [v for w in weights for v in w.detach().flatten().tolist()],
    }


o = torch.optim
cases = [
    case("adam", lambda w: o.Adam(w)),
    case("adam(beta1=0.8, beta2=0.99, epsilon=1e-4)", lambda w: o.Adam(w, betas=(0.8, 0.99), eps=1e-4)),
    case("adam", lambda w: o.Adam(w, weight_decay=0.1), decay=0.1),
    case("adamw", lambda w: o.AdamW(w, weight_decay=0.1), decay=0.1),
    case("adamw(beta2=0.95)", lambda w: o.AdamW(w, betas=(0.9, 0.95), weight_decay=0.01), decay=0.01, clip=2, sizes=(4, 4, 2)),
    case("sgd", lambda w: o.SGD(w, lr=1, momentum=0.9, nesterov=True)),
    case("sgd(momentum=0.99)", lambda w: o.SGD(w, lr=1, momentum=0.99, nesterov=True, weight_decay=0.01), decay=0.01, clip=12),
    case("sgd(momentum=0.5, nesterov=no)", lambda w: o.SGD(w, lr=1, momentum=0.5), clip=1),
    case("sgd(momentum=0, nesterov=no)", lambda w: o.SGD(w, lr=1, weight_decay=0.1), decay=0.1, sizes=(3, 3)),
]
lines = ",\n".join(json.dumps(c) for c in cases)
print(f'{{"torch": "{torch.__version__}", "cases": [\n{lines}\n]}}')
