"""`eigenstep embed` against torchvision: embed.py RUN STEPS.

Parameters from RUN/arrays.h5 and images from RUN/embed.h5, through
torchvision's network in eval mode: representation and embedding must be those
of embed.h5, as network.py says. In STEPS steps every norm has seen two views
each.
"""
import sys

import h5py
import torch

import network


def results(params, images):
    with torch.no_grad():
        r = network.encoder(params).eval()(images)
        z = r @ params[network.PROJECTOR].T
    return {"representation": r.double(), "embedding": z.double()}


def main(run, steps):
    torch.set_num_threads(1)
    with h5py.File(f"{run}/arrays.h5", "r") as file:
        group = file["params"]
        if any(group[name].dtype != "f4" for name in group):
            raise SystemExit("parameters that are not 32-bit floats")
        f = network.read(group, torch.float32)
        d = network.read(group, torch.float64)
    with h5py.File(f"{run}/embed.h5", "r") as file:
        o = network.read(file, torch.float32)
    seen = {float(p) for n, p in f.items() if n.endswith("batches_tracked")}
    if seen != {2.0 * steps}:
        raise SystemExit(f"batches tracked: {seen}, want {2 * steps}")
    table = network.Table()
    f, d = results(f, o["images"]), results(d, o["images"].double())
    for name in d:
        allowed = network.gap(f[name], d[name])
        table.add(name, o[name].double(), d[name], allowed)
    shape = "x".join(str(n) for n in o["images"].shape)
    return table.show(f"{shape} images")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])) != 0)
