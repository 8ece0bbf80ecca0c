"""Prints the learning rates of PyTorch's schedulers as JSON, in float64: python schedules.py > schedules.json

Each case is 50 updates in 10 epochs (or as many as it says) under the project's text of the same schedule.
"""
import json
import math
import warnings

import torch
from torch.optim import lr_scheduler as s

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
BASE = 0.01


def rates(make, updates=50, epochs=10, losses=(), per="update"):
    """Returns the rate of each update; a scheduler per="epoch" steps at the end of each epoch."""
    weight = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=BASE)
    scheduler = make(optimizer)
    out = []
    for update in range(updates):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        ends = (update + 1) % (updates // epochs) == 0
        if losses and ends:
            scheduler.step(losses[(update + 1) // (updates // epochs) - 1])
        elif not losses and (per == "update" or ends) and update + 1 < updates:
            scheduler.step()
    return out


def case(schedule, make, warmup="", updates=50, epochs=10, losses=(), per="update"):
    return {
        "schedule": schedule, "warmup": warmup, "base": BASE, "updates": updates, "epochs": epochs,
        "validation": list(losses), "rates": rates(make, updates, epochs, losses, per),
    }


def warm(length, then):
    """A warm-up of `length` updates, then another scheduler."""
    return lambda o: s.SequentialLR(
        o, [s.LinearLR(o, start_factor=1 / length, total_iters=length - 1), then(o)], milestones=[length])


falling = [1.0, 0.9, 0.89995, 0.91, 0.92, 0.5, 0.6, 0.55, 0.52, 0.51]
flat = [0.5] * 10
noisy = [1 + math.cos(3 * i) / (i + 1) for i in range(25)]
cases = [
    case("constant", lambda o: s.ConstantLR(o, factor=1)),
    case("step(every=3)", lambda o: s.StepLR(o, 3), per="epoch"),
    case("step(every=4, factor=0.5)", lambda o: s.StepLR(o, 4, gamma=0.5), per="epoch"),
    case("multi-step(at=1/4/9)", lambda o: s.MultiStepLR(o, [1, 4, 9]), per="epoch"),
    case("multi-step(at=3, factor=0.5)", lambda o: s.MultiStepLR(o, [3], gamma=0.5), per="epoch"),
    case("polynomial", lambda o: s.PolynomialLR(o, 50, power=0.9)),
    case("polynomial(power=2)", lambda o: s.PolynomialLR(o, 50, power=2)),
    case("cosine", lambda o: s.CosineAnnealingLR(o, 50)),
    case("cosine(final=1e-4)", lambda o: s.CosineAnnealingLR(o, 50, eta_min=1e-4)),
    case("cosine(cycles=5, final=1e-5)", lambda o: s.CosineAnnealingWarmRestarts(o, 10, eta_min=1e-5)),
    case("cosine(cycles=3, growth=2)", lambda o: s.CosineAnnealingWarmRestarts(o, 10, T_mult=2), updates=70),
    case("cosine(cycles=5, form=wave, final=1e-5)", lambda o: s.CosineAnnealingLR(o, 10, eta_min=1e-5)),
    case("one-cycle", lambda o: s.OneCycleLR(o, BASE, total_steps=50)),
    case("one-cycle(rise=0.05, div=10, final-div=100, form=linear)", lambda o: s.OneCycleLR(
        o, BASE, total_steps=50, pct_start=0.05, div_factor=10, final_div_factor=100, anneal_strategy="linear")),
    case("plateau(patience=1)", lambda o: s.ReduceLROnPlateau(o, patience=1), losses=falling),
    case("plateau(patience=0, factor=0.5, cooldown=2, final=1e-3)", lambda o: s.ReduceLROnPlateau(
        o, patience=0, factor=0.5, cooldown=2, min_lr=1e-3), losses=flat),
    case("plateau(patience=2, threshold=0.05, factor=0.3)", lambda o: s.ReduceLROnPlateau(
        o, patience=2, threshold=0.05, factor=0.3), losses=noisy, epochs=25),
    case("cosine", warm(10, lambda o: s.CosineAnnealingLR(o, 40)), warmup="2 epochs"),
    case("polynomial(power=1)", warm(7, lambda o: s.PolynomialLR(o, 43, power=1)), warmup="7 updates"),
    case("constant", warm(5, lambda o: s.ConstantLR(o, factor=1)), warmup="1 epoch"),
]
lines = ",\n".join(json.dumps(c) for c in cases)
print(f'{{"torch": "{torch.__version__}", "cases": [\n{lines}\n]}}')
