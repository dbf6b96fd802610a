"""torchvision's residual networks with parameters from our HDF5 files, and what
"as near as PyTorch" means.

PyTorch computes in float (f) and, from the same floats widened, in double (d);
o is ours, in float. A tensor holds if

    |o - d| <= 3 max(|f - d|, u |d|)

in Euclidean norms over the tensor. u = 2^-24 is the relative error of one
rounding to float: no float result can promise to be nearer than that, and where
PyTorch's is, that was luck.
"""
import re

import numpy
import torch
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

FACTOR = 3
ROUNDING = 2.0**-24
PROJECTOR = "projector.0.weight"


class Narrow(ResNet):
    """A ResNet whose first stage has `width` channels in place of 64."""

    def __init__(self, width, block, blocks, **kwargs):
        self.width = width
        super().__init__(block, blocks, **kwargs)

    def _make_layer(self, block, planes, *args, **kwargs):
        if planes == 64:
            self.inplanes = self.width
        planes = planes * self.width // 64
        return super()._make_layer(block, planes, *args, **kwargs)


def read(group, dtype):
    """The tensors of an HDF5 group, by name."""
    return {name: torch.from_numpy(numpy.array(group[name])).to(dtype)
            for name in group}


def count_blocks(params, stage):
    found = [re.match(rf"layer{stage}\.(\d+)\.", name) for name in params]
    return 1 + max(int(match[1]) for match in found if match)


def encoder(params):
    """The network that the names and shapes of `params` tell of: basic blocks or
    bottlenecks, the standard stem or CIFAR's. All of torchvision's names must be there, and
    none besides but the projector's."""
    first = params["conv1.weight"]
    width, channels, kernel, _ = first.shape
    blocks = [count_blocks(params, stage) for stage in (1, 2, 3, 4)]
    if "layer1.0.conv3.weight" in params:
        inner = params["layer1.0.conv1.weight"].shape[0]
        net = Narrow(width, Bottleneck, blocks,
                     width_per_group=64 * inner // width)
    else:
        net = Narrow(width, BasicBlock, blocks)
    if kernel == 7:
        net.conv1 = torch.nn.Conv2d(channels, width, 7, 2, 3, bias=False)
    else:
        net.conv1 = torch.nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        net.maxpool = torch.nn.Identity()
    net.bn1 = torch.nn.BatchNorm2d(width)
    net.fc = torch.nn.Identity()
    net.to(first.dtype)
    own = {n: p for n, p in params.items() if n != PROJECTOR}
    net.load_state_dict(own, strict=True)
    return net


def gap(f, d):
    return max(float((f - d).norm()), ROUNDING * float(d.norm()))


class Table:
    """Comparisons, and whether they hold."""

    def __init__(self):
        self.rows = []

    def add(self, name, o, d, allowed):
        if o.shape != d.shape:
            raise SystemExit(f"{name}: shape {tuple(o.shape)}, PyTorch's "
                             f"{tuple(d.shape)}")
        error, size = float((o - d).norm()), float(d.norm()) or 1.0
        # No number fails.
        holds = error <= FACTOR * allowed
        ratio = error / allowed if allowed > 0 else float(error > 0) * 1e99
        self.rows.append((holds, -ratio, name, error / size, allowed / size))

    def show(self, title):
        """Prints the largest errors; how many do not hold."""
        bad = sum(not row[0] for row in self.rows)
        print(f"# {len(self.rows)} tensors, {bad} beyond {FACTOR} times "
              f"PyTorch's own error; {title}")
        for holds, ratio, name, error, allowed in sorted(self.rows)[:max(
                4, min(bad, 20))]:
            print(f"# {name:36} ours {error:.2e} PyTorch's {allowed:.2e} "
                  f"ratio {-ratio:.2f}{'' if holds else ' FAILS'}")
        return bad
