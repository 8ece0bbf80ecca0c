"""Prints what average_test.go expects: torch.optim.swa_utils.AveragedModel over w = sin(k) and a buffer cos(k)."""
import math

import torch
from torch.optim.swa_utils import AveragedModel


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        self.register_buffer("statistic", torch.ones(1, dtype=torch.float64))


for decay in (0.8, 0.99):
    net = Net()
    ramp = lambda a, w, k: a + (1 - min(decay, (1 + int(k)) / (10 + int(k)))) * (w - a)
    average = AveragedModel(net, avg_fn=ramp, use_buffers=True)
    average.update_parameters(net)  # the first update copies: the average starts at the initial weights
    for k in range(1, 51):
        with torch.no_grad():
            net.w.fill_(math.sin(k))
            net.statistic.fill_(math.cos(k))
        average.update_parameters(net)
    print(decay, repr(average.module.w.item()), repr(average.module.statistic.item()))
