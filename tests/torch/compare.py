"""Our networks against torchvision's: compare.py FILE.

FILE was written by tests/torch/test_torch.c: parameters and buffers, images,
the gradient `external` by the representation, the number of groups of images
that are normalised apart (in PyTorch: calls of one module, one after the
other), and what came of them. network.py says what "the same" is, tensor by
tensor.

The loss is a single number, whose error may vanish by luck in PyTorch. To first
order it is at most |dloss/dz| |f - d| of the embedding z: that is its gap.
"""
import sys

import h5py
import numpy
import torch

import network

GIVEN = ("params", "input", "external", "groups")


def loss_of(z):
    """|C - I|^2, C = (1/2n) sum_i z_i z'_i^T + z'_i z_i^T, after centring."""
    n, dim = len(z) // 2, z.shape[1]
    a, b = (z - z.mean(dim=0)).split(n)
    c = sum(torch.outer(a[i], b[i]) + torch.outer(b[i], a[i]) for i in range(n))
    return (c / (2 * n) - torch.eye(dim, dtype=z.dtype)).square().sum()


class Kinks:
    """What relu and max-pooling were given, and how far from their kinks."""

    def __init__(self, net):
        self.seen = []
        for layer in net.modules():
            if isinstance(layer, torch.nn.ReLU):
                layer.register_forward_pre_hook(self.relu)
            if isinstance(layer, torch.nn.MaxPool2d):
                layer.register_forward_pre_hook(self.pool)

    def relu(self, layer, args):
        x = args[0].detach().double().clone()
        self.seen.append((x, x.abs().min()))

    def pool(self, layer, args):
        """Of two values as far apart as 2h, each may err by h."""
        x = args[0].detach().double().clone()
        padded = torch.nn.functional.pad(x, [layer.padding] * 4)
        windows = torch.nn.functional.unfold(
            padded, layer.kernel_size, stride=layer.stride)
        windows = windows.view(*x.shape[:2], layer.kernel_size**2, -1)
        best = windows.topk(2, dim=2)[0]
        apart = best[:, :, 0] - best[:, :, 1]
        # Where all are 0, relu lets no gradient through.
        self.seen.append((x, apart[best[:, :, 0] > 0].min() / 2))


def results(file, dtype):
    """What FILE should hold; the gradient by the embedding; the kinks met."""
    params = network.read(file["params"], dtype)
    net = network.encoder(params).train()
    weight = params[network.PROJECTOR].requires_grad_()
    kinks = Kinks(net)
    x = torch.from_numpy(file["input"][()]).to(dtype)
    external = torch.from_numpy(file["external"][()]).to(dtype)
    r = torch.cat([net(view) for view in x.chunk(int(file["groups"][()]))])
    z = r @ weight.T
    loss = loss_of(z)
    seen = list(kinks.seen)
    out = {"train/representation": r, "train/embedding": z, "loss": loss}
    out.update((f"after/{n}", b.clone()) for n, b in net.named_buffers())
    by = dict(net.named_parameters())
    by[network.PROJECTOR] = weight
    values = {"by_loss": loss, "by_external": (r * external).sum()}
    for group, value in values.items():
        gradients = torch.autograd.grad(value, list(by.values()),
                                        retain_graph=True, allow_unused=True)
        for (name, p), g in zip(by.items(), gradients):
            out[f"{group}/{name}"] = torch.zeros_like(p) if g is None else g
    slope, = torch.autograd.grad(loss, z, retain_graph=True)
    with torch.no_grad():
        out["frozen/representation"] = net.eval()(x)
        out["frozen/embedding"] = out["frozen/representation"] @ weight.T
    return {n: t.detach().double() for n, t in out.items()}, slope, seen


def ours(file):
    out = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset) and name.split("/")[0] not in GIVEN:
            out[name] = torch.from_numpy(numpy.array(item, "f8"))

    file.visititems(take)
    return out


def main(path):
    torch.set_num_threads(1)  # one gap, however many threads there are
    with h5py.File(path, "r") as file:
        o = ours(file)
        d, slope, kinks = results(file, torch.float64)
        f, _, float_kinks = results(file, torch.float32)
    if set(o) != set(d):
        raise SystemExit(f"not in both: {sorted(set(o) ^ set(d))}")
    table = network.Table()
    z = "train/embedding"
    for name in d:
        allowed = network.gap(f[name], d[name])
        if name == "loss":
            allowed = float(slope.norm()) * network.gap(f[z], d[z])
        table.add(name, o[name], d[name], allowed)
    away = min(float(distance / (x - y).abs().max())
               for (x, distance), (y, _) in zip(kinks, float_kinks))
    return table.show(f"nearest kink at {away:.2f} of its largest ones")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) != 0)
