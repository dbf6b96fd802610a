#!/usr/bin/python3
"""A trained encoder in torchvision: torchvision_weights.py RUN. RUN was trained
with net.arch=resnet and net.width=64, and RUN/embed.h5 holds its outputs
(`eigenstep embed RUN`); the representation that torchvision computes from the
same images is compared with what is there."""
import re
import sys

import h5py
import torch
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet


def load(path):
    with h5py.File(path) as file:
        params = {name: torch.as_tensor(x[()])
                  for name, x in file["params"].items()}
    return {name: x for name, x in params.items()
            if not name.startswith(("projector.", "predictor."))}


def network(params):
    """The ResNet that the parameters are of. Small images pass a first
    convolution of 3×3 without pooling, large ones torchvision's own."""
    stages = [len({m[1] for m in (re.match(rf"layer{k}\.(\d+)\.", name)
                                  for name in params) if m})
              for k in (1, 2, 3, 4)]
    block = Bottleneck if "layer1.0.conv3.weight" in params else BasicBlock
    net = ResNet(block, stages)
    width, channels, kernel, _ = params["conv1.weight"].shape
    if width != 64:
        sys.exit("torchvision's networks have net.width=64")
    stride = 2 if kernel == 7 else 1
    net.conv1 = torch.nn.Conv2d(channels, width, kernel, stride, kernel // 2,
                                bias=False)
    if kernel != 7:
        net.maxpool = torch.nn.Identity()
    net.fc = torch.nn.Identity()
    net.load_state_dict(params)
    return net.eval()


def main(run):
    net = network(load(f"{run}/arrays.h5"))
    with h5py.File(f"{run}/embed.h5") as file:
        images = torch.as_tensor(file["images"][()])
        ours = torch.as_tensor(file["representation"][()])
    with torch.no_grad():
        theirs = net(images)
    error = float((theirs - ours).norm() / ours.norm())
    print(f"{len(images)} images, {ours.shape[1]} features, "
          f"relative difference {error:.1e}")
    return error < 1e-5


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1]))
