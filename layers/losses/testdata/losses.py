"""Prints losses and their gradients by PyTorch as JSON, in float64: python losses.py > losses.json

Each case is a loss under the project's text, computed with PyTorch's own functions and autograd on logits and a target that
this script draws, with and without ignored pixels (target -1), and of three classes where there is such a form.
"""
import json

import torch
import torch.nn.functional as f

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
N, H, W, CLASSES = 2, 7, 6, 3
logits = {1: 2 * torch.randn(N, 1, H, W), CLASSES: 2 * torch.randn(N, CLASSES, H, W)}
blob = torch.nn.functional.avg_pool2d(torch.randn(N, 1, H + 2, W + 2), 3, stride=1)
target = {1: (blob > 0.05).double(), CLASSES: (blob > -0.1).double() + (blob > 0.2).double()}
ignored = torch.zeros(N, 1, H, W, dtype=torch.bool)
ignored[0, :, :2], ignored[1, :, :, -2:], ignored[1, :, 4, 3] = True, True, True
nowhere = torch.zeros_like(ignored)


def bce(weight=None):
    def loss(z, t, out):
        kept, truth = z[~out], t[~out]
        w = (truth == 0).sum() / (truth == 1).sum() if weight == "batch" else weight
        return f.binary_cross_entropy_with_logits(kept, truth, pos_weight=None if w is None else torch.as_tensor(float(w)))
    return loss


def classes_cross_entropy(z, t, out):
    index = torch.where(out, -1, t.long()).squeeze(1)
    return f.cross_entropy(z, index, ignore_index=-1)


def focal(gamma, alpha=None):
    """torchvision.ops.sigmoid_focal_loss with reduction="mean"."""
    def loss(z, t, out):
        z, t = z[~out], t[~out]
        p, entropy = torch.sigmoid(z), f.binary_cross_entropy_with_logits(z, t, reduction="none")
        value = entropy * (1 - (p * t + (1 - p) * (1 - t))) ** gamma
        if alpha is not None:
            value = (alpha * t + (1 - alpha) * (1 - t)) * value
        return value.mean()
    return loss


def classes_focal(gamma):
    def loss(z, t, out):
        logq = torch.log_softmax(z, 1).gather(1, t.long())[~out]
        return -((1 - logq.exp()) ** gamma * logq).mean()
    return loss


def counts(p, t):
    tp, fp, fn, tn = (p * t).sum(), (p * (1 - t)).sum(), ((1 - p) * t).sum(), ((1 - p) * (1 - t)).sum()
    return tp, fp, fn, tn


def overlap(of, per="batch"):
    """A loss of soft counts: over the batch or the mean over images, and the mean over the foreground classes."""
    def loss(z, t, out):
        k = z.shape[1]
        p = torch.sigmoid(z) if k == 1 else torch.softmax(z, 1)
        values = []
        for c in range(1, max(k, 2)):
            truth, probability = (t == c).double(), p[:, min(c, k - 1)].unsqueeze(1)
            regions = [slice(None)] if per == "batch" else [slice(i, i + 1) for i in range(N)]
            values += [of(*counts(probability[r][~out[r]], truth[r][~out[r]])) for r in regions]
        return torch.stack(values).mean()
    return loss


def dice(s=1.0):
    return lambda tp, fp, fn, tn: 1 - (2 * tp + s) / (2 * tp + fp + fn + s)


def jaccard(tp, fp, fn, tn):
    return 1 - (tp + 1) / (tp + fp + fn + 1)


def tversky(a, b):
    return lambda tp, fp, fn, tn: 1 - (tp + 1) / (tp + a * fp + b * fn + 1)


def focal_tversky(a, b, power):
    return lambda *c: tversky(a, b)(*c) ** power


def mcc(tp, fp, fn, tn):
    return 1 - (tp * tn - fp * fn) / ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn) + 1).sqrt()


def soft_erode(x):
    return torch.min(-f.max_pool2d(-x, (3, 1), (1, 1), (1, 0)), -f.max_pool2d(-x, (1, 3), (1, 1), (0, 1)))


def soft_skeleton(x, iterations):
    """As in the authors' code, github.com/jocpae/clDice."""
    def opened(x):
        return f.max_pool2d(soft_erode(x), (3, 3), (1, 1), (1, 1))
    skeleton = f.relu(x - opened(x))
    for _ in range(iterations):
        x = soft_erode(x)
        delta = f.relu(x - opened(x))
        skeleton = skeleton + f.relu(delta - skeleton * delta)
    return skeleton


def cldice(iterations, s=1.0):
    def loss(z, t, out):
        p, t = torch.sigmoid(z).masked_fill(out, 0), t.masked_fill(out, 0)
        sp, st = soft_skeleton(p, iterations), soft_skeleton(t, iterations)
        precision, sensitivity = ((sp * t).sum() + s) / (sp.sum() + s), ((st * p).sum() + s) / (st.sum() + s)
        return 1 - 2 * precision * sensitivity / (precision + sensitivity)
    return loss


def case(text, loss, k=1, out=nowhere):
    z = logits[k].clone().requires_grad_()
    value = loss(z, target[k], out)
    value.backward()
    return {
        "loss": text, "classes": k, "ignored": bool(out.any()), "value": value.item(), "gradient": z.grad.flatten().tolist(),
    }


binary = {
    "bce": bce(), "cross-entropy": bce(), "bce(pos-weight=5)": bce(5), "bce(pos-weight=batch)": bce("batch"),
    "focal": focal(2), "focal(gamma=1.5, alpha=0.25)": focal(1.5, 0.25),
    "dice": overlap(dice()), "dice(per=image)": overlap(dice(), "image"), "dice(smooth=1e-5)": overlap(dice(1e-5)),
    "jaccard": overlap(jaccard), "jaccard(per=image)": overlap(jaccard, "image"),
    "tversky": overlap(tversky(0.3, 0.7)), "tversky(alpha=0.5, beta=0.8, per=image)": overlap(tversky(0.5, 0.8), "image"),
    "focal-tversky": overlap(focal_tversky(0.3, 0.7, 0.75)),
    "focal-tversky(power=2, per=image)": overlap(focal_tversky(0.3, 0.7, 2), "image"),
    "mcc": overlap(mcc), "mcc(per=image)": overlap(mcc, "image"),
    "cldice": cldice(3), "cldice(iterations=1, smooth=0.1)": cldice(1, 0.1),
    "0.5*bce + 0.25*mcc + cldice": lambda *x: 0.5 * bce()(*x) + 0.25 * overlap(mcc)(*x) + cldice(3)(*x),
}
several = {
    "cross-entropy": classes_cross_entropy, "focal": classes_focal(2), "dice": overlap(dice()),
    "dice(per=image)": overlap(dice(), "image"), "tversky": overlap(tversky(0.3, 0.7)), "jaccard": overlap(jaccard),
    "mcc(per=image)": overlap(mcc, "image"), "focal-tversky": overlap(focal_tversky(0.3, 0.7, 0.75)),
    "cross-entropy + 0.5*dice": lambda *x: classes_cross_entropy(*x) + 0.5 * overlap(dice())(*x),
}
cases = [case(text, loss, k, out) for k, losses in ((1, binary), (CLASSES, several))
         for text, loss in losses.items() for out in (nowhere, ignored)]
inputs = {
    "shape": [N, H, W], "ignored": ignored.flatten().double().tolist(),
    "logits": {k: v.flatten().tolist() for k, v in logits.items()},
    "targets": {k: v.flatten().tolist() for k, v in target.items()},
}
lines = ",\n".join(json.dumps(c) for c in cases)
print(f'{{"torch": "{torch.__version__}", "inputs": {json.dumps(inputs)}, "cases": [\n{lines}\n]}}')
