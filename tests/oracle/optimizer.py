"""Twenty steps of each optimiser and schedule by PyTorch, in double.

    python3 optimizer.py > optimizer.csv      (python3-torch)
    python3 optimizer.py optimizer.csv        checks that file

A matrix and a vector, with gradients that are functions of the step alone. SGD,
AdamW and the learning rates are torch.optim's; LARS, which PyTorch lacks, is
written here after You et al. (2017) with what SimCLR's, BYOL's and Barlow
Twins' codes agree on: the factor multiplies the gradient with its decay, before
momentum, and neither is for vectors. Rows: the settings, then one number of the
result; numbers are those of the matrix, row by row, then the vector's."""
import sys
import warnings

import torch

warnings.simplefilter("ignore")  # how schedulers call each other
STEPS, RATE = 20, 0.05
SETTINGS = [(rule, momentum, decay, schedule, warmup)
            for rule, momentum in (("sgd", 0.0), ("sgd", 0.9), ("lars", 0.9),
                                   ("adamw", 0.9), ("adamw", 0.5))
            for decay in (0.0, 0.25)
            for schedule, warmup in (("constant", 0), ("constant", 6),
                                     ("cosine", 0), ("cosine", 6))]
HEAD = "optimizer,momentum,weight_decay,schedule,warmup,index,number"


class Lars(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum, weight_decay):
        super().__init__(params, dict(lr=lr, momentum=momentum,
                                      weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                d = w.grad
                if w.dim() > 1:
                    d = d + group["weight_decay"] * w
                    d = d * (1e-3 * w.norm() / d.norm())
                kept = self.state[w].setdefault("kept", torch.zeros_like(w))
                kept.mul_(group["momentum"]).add_(d)
                w.sub_(group["lr"] * kept)


def make(rule, momentum, decay, params):
    if rule == "sgd":
        return torch.optim.SGD(params, RATE, momentum, weight_decay=decay)
    if rule == "lars":
        return Lars(params, RATE, momentum, decay)
    return torch.optim.AdamW(params, RATE, (momentum, 0.999),
                             weight_decay=decay)


def follow(optimizer, schedule, warmup):
    from torch.optim import lr_scheduler as s
    rest = (s.CosineAnnealingLR(optimizer, STEPS - warmup)
            if schedule == "cosine" else s.ConstantLR(optimizer, 1.0))
    if warmup == 0:
        return rest
    rise = s.LinearLR(optimizer, 1 / warmup, 1.0, warmup - 1)
    return s.SequentialLR(optimizer, [rise, rest], [warmup])


def gradient(index, step):
    """A number that a float holds exactly."""
    return ((37 * index + 101 * step) % 64 - 31) / 16


def run(rule, momentum, decay, schedule, warmup):
    start = [((29 * k + 7) % 32 - 16) / 8 for k in range(8)]
    flat = torch.tensor(start, dtype=torch.float64)
    w = [flat[:6].reshape(2, 3).clone(), flat[6:].clone()]
    for p in w:
        p.requires_grad_()
    optimizer = make(rule, momentum, decay, w)
    rates = follow(optimizer, schedule, warmup)
    for step in range(STEPS):
        g = torch.tensor([gradient(k, step) for k in range(8)],
                         dtype=torch.float64)
        w[0].grad, w[1].grad = g[:6].reshape(2, 3), g[6:]
        optimizer.step()
        rates.step()
    return torch.cat([p.detach().flatten() for p in w]).tolist()


def rows():
    for settings in SETTINGS:
        for index, number in enumerate(run(*settings)):
            yield ",".join(map(str, (*settings, index))), number


def check(path):
    with open(path) as file:
        kept = file.read().split()
    if kept[0] != HEAD or len(kept) != 1 + 8 * len(SETTINGS):
        raise SystemExit(f"{path}: other rows than this script's")
    for line, (settings, number) in zip(kept[1:], rows()):
        before, _, text = line.rpartition(",")
        if before != settings or abs(float(text) - number) > 1e-12:
            raise SystemExit(f"{path}: {line}, PyTorch: {number!r}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        check(sys.argv[1])
    else:
        print(HEAD)
        for settings, number in rows():
            print(f"{settings},{number!r}")
