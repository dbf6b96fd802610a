"""Seconds of one training step in PyTorch: two views, each through the network,
the covariance loss, backward, descent. The best of several, on a fixed batch of
random images; and the process's memory in kB, with PyTorch imported and at its
peak. Exits 77 where PyTorch is not installed.

step_torch.py DEPTH WIDTH CHANNELS SIDE PAIRS THREADS STEPS FORMAT
(contiguous|channels_last)
"""
import pathlib
import sys
import time

try:
    import torch
except ImportError:
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "torch"))
from torchvision.models.resnet import BasicBlock  # noqa: E402

from network import Narrow  # noqa: E402

DIM = 10


def memory(name):
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split(name + ":")[1].split()[0])


def network(depth, width, channels):
    net = Narrow(width, BasicBlock, [1] * 4 if depth == 10 else [2] * 4)
    net.conv1 = torch.nn.Conv2d(channels, width, 3, 1, 1, bias=False)
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


def main(depth, width, channels, side, pairs, threads, steps, layout):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    base = memory("VmRSS")
    net = network(depth, width, channels)
    views = [torch.rand(pairs, channels, side, side) for _ in range(2)]
    if layout == "channels_last":
        net = net.to(memory_format=torch.channels_last)
        views = [v.to(memory_format=torch.channels_last) for v in views]
    descent = torch.optim.SGD(net.parameters(), lr=1e-4)
    best = float("inf")
    for _ in range(steps):
        begun = time.perf_counter()
        step(net, descent, views)
        best = min(best, time.perf_counter() - begun)
    print(f"{best:.6f} {base} {memory('VmHWM')}")


if __name__ == "__main__":
    main(*[int(word) for word in sys.argv[1:8]], sys.argv[8])
