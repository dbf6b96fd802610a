"""Seconds of one training step in PyTorch: two views, each through the network,
the covariance loss, backward, descent. The best of several, on a fixed batch of
random images. Exits 77 where PyTorch is not installed.

step_torch.py DEPTH WIDTH SIDE PAIRS THREADS FORMAT (contiguous|channels_last)
"""
import pathlib
import sys
import time

try:
    import torch
except ImportError:
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "torch"))
from network import Narrow  # noqa: E402

STEPS = 8
DIM = 10


def network(depth, width):
    net = Narrow(width, [1] * 4 if depth == 10 else [2] * 4)
    net.conv1 = torch.nn.Conv2d(1, width, 3, 1, 1, bias=False)
    net.bn1 = torch.nn.BatchNorm2d(width)
    net.maxpool = torch.nn.Identity()
    net.fc = torch.nn.Linear(8 * width, DIM, bias=False)
    return net


def loss_of(a, b):
    mean = torch.cat([a, b]).mean(0)
    a, b = a - mean, b - mean
    half = a.T @ b / (2 * len(a))
    return (half + half.T - torch.eye(DIM)).square().sum()


def step(net, descent, views):
    descent.zero_grad()
    loss_of(net(views[0]), net(views[1])).backward()
    descent.step()


def main(depth, width, side, pairs, threads, layout):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    net = network(depth, width)
    views = [torch.rand(pairs, 1, side, side) for _ in range(2)]
    if layout == "channels_last":
        net = net.to(memory_format=torch.channels_last)
        views = [v.to(memory_format=torch.channels_last) for v in views]
    descent = torch.optim.SGD(net.parameters(), lr=1e-4)
    best = float("inf")
    for _ in range(STEPS):
        begun = time.perf_counter()
        step(net, descent, views)
        best = min(best, time.perf_counter() - begun)
    print(f"{best:.6f}")


if __name__ == "__main__":
    main(*[int(word) for word in sys.argv[1:6]], sys.argv[6])
