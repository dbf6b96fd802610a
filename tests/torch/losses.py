"""Our losses against PyTorch's: losses.py FILE.

FILE was written by tests/torch/test_losses.c: a group for each case with `z`
(2n rows: first views, second views), for some `t`, its settings, our `value`
and gradients `dz` and `dt`. The definitions below are transcribed from the
papers in PyTorch's own functions, in double; o is ours and d PyTorch's:

    |o - d| <= 1e-12 |d| + 1e-14

in Euclidean norms: roundoff times the thousand or so terms that a value or an
entry of a gradient is a sum of, each of them of order one, and times ten for
what is divided by.
"""
import sys

import h5py
import torch
from torch.nn import functional as F


def off_diagonal(c):
    return c - torch.diag(torch.diag(c))


def barlow(z, _, s):
    a, b = z.chunk(2)
    norm = torch.nn.BatchNorm1d(z.shape[1], affine=False).double()
    c = norm(a).T @ norm(b) / len(a)
    on = (torch.diag(c) - 1).square().sum()
    return on + s["lambda"] * off_diagonal(c).square().sum()


def vicreg(z, _, s):
    loss = 25 * F.mse_loss(*z.chunk(2))
    for x in z.chunk(2):
        std = torch.sqrt(x.var(dim=0) + 1e-4)
        x = x - x.mean(dim=0)
        cov = x.T @ x / (len(x) - 1)
        loss = loss + 25 * F.relu(1 - std).mean() / 2
        loss = loss + off_diagonal(cov).square().sum() / x.shape[1]
    return loss


def simclr(z, _, s):
    n = len(z) // 2
    u = F.normalize(z, dim=1)
    logits = u @ u.T / s["temperature"]
    partner = torch.arange(2 * n).roll(n)
    if not s["negatives"]:
        return -logits[torch.arange(2 * n), partner].mean()
    logits = logits.masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)
    return F.cross_entropy(logits, partner)


def spectral(z, _, s):
    """HaoChen et al. 2021 with all pairs of views, after centring."""
    x = z - z.mean(dim=0)
    a, b = x.chunk(2)
    return -2 * (a * b).sum(dim=1).mean() + (x @ x.T / len(x)).square().sum()


def infonce(z, _, s):
    a, b = z.chunk(2)
    logits = -((a[:, None] - a[None]) ** 2).sum(dim=2) / 2
    own = -((a - b) ** 2).sum(dim=1) / 2
    logits = torch.where(torch.eye(len(a), dtype=torch.bool), own[:, None],
                         logits)
    return F.cross_entropy(logits, torch.arange(len(a)))


def contrast(q, k, temperature):
    logits = F.normalize(q, dim=1) @ F.normalize(k, dim=1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(q)))


def both(loss, z, t):
    (a, b), (ta, tb) = z.chunk(2), t.chunk(2)
    return loss(a, tb) + loss(b, ta)


def directclr(z, t, s):
    return both(lambda q, k: contrast(q, k, s["temperature"]) / 2, z, t)


def mocov3(z, t, s):
    tau = s["temperature"]
    return both(lambda q, k: 2 * tau * contrast(q, k, tau), z, t)


def cosine(z, t, s):
    def byol(p, k):
        p, k = F.normalize(p, dim=1), F.normalize(k, dim=1)
        return (2 - 2 * (p * k).sum(dim=1)).mean()
    return both(byol, z, t)


def l2(z, t, s):
    return both(lambda p, k: (p - k).square().sum(dim=1).mean() / 2, z, t)


def cross(z, t, s):
    def entropy(p, k):
        return -(k * F.log_softmax(p, dim=1)).sum(dim=1).mean() / 2
    return both(entropy, z, t)


def main(path):
    torch.set_num_threads(1)
    bad = 0
    with h5py.File(path, "r") as file:
        for name, case in file.items():
            settings = {k: float(v[()]) for k, v in case.items() if v.ndim == 0}
            z = torch.from_numpy(case["z"][()]).requires_grad_()
            t = z
            if "t" in case:
                t = torch.from_numpy(case["t"][()]).requires_grad_()
            loss = globals()[name.split("-")[0]](z, t, settings)
            loss.backward()
            pairs = {"value": loss.detach(), "dz": z.grad}
            if "t" in case:
                pairs["dt"] = t.grad
            for what, d in pairs.items():
                o = torch.as_tensor(case[what][()])
                error, size = float((o - d).norm()), float(d.norm())
                holds = error <= 1e-12 * size + 1e-14
                bad += not holds
                print(f"# {name:20} {what:5} {size:.6e} off by {error:.1e}"
                      f"{'' if holds else ' FAILS'}")
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) != 0)
