"""Our tangent kernel against PyTorch's: tangent.py FILE [THREADS [METHOD…]].

FILE was written by tangent.h: parameters, images, K. In PyTorch K is the
product of Jacobians of the embedding, with the statistics of normalisation held
(eval), over the number of outputs, each made by one of
  loop        reverse mode, image by image and output by output
  jacobian    torch.autograd.functional.jacobian, vectorised over outputs
  functorch   vmap of jacrev over images, a block of them at a time
in float; `double` is `loop` in double, `functorch-double` the last. For each method a line: its name,
the largest difference over the largest number of K, and the seconds; and at the
end the process's memory in kB, with PyTorch imported and at its peak. Exits 1
beyond LIMIT, 77 where PyTorch is not installed.
"""
import pathlib
import sys
import time

try:
    import h5py
    import numpy
    import torch
except ImportError:
    sys.exit(77)

import network

# In double the two differ by rounding alone. functorch batches what it computes in float
# otherwise than PyTorch does image by image, and differs by more.
LIMIT = {"double": 1e-12, "functorch-double": 1e-12, "functorch": 1e-2}
FLOAT_LIMIT = 1e-4
BLOCK = 16


def memory(name):
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split(name + ":")[1].split()[0])


def network_of(file, dtype):
    params = network.read(file["params"], dtype)
    net = network.encoder(params).eval()
    weight = params[network.PROJECTOR]
    net.fc = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    net.fc.weight.data = weight
    return net


def product(jacobian, d):
    return jacobian @ jacobian.T / d


def loop(net, x):
    params = list(net.parameters())
    rows = []
    for image in x:
        z = net(image[None])[0]
        for k, value in enumerate(z):
            g = torch.autograd.grad(value, params, retain_graph=k + 1 < len(z))
            rows.append(torch.cat([part.flatten() for part in g]))
    return torch.stack(rows).view(len(x), -1), len(z)


def jacobian(net, x):
    params = [p.detach() for p in net.parameters()]
    names = [name for name, _ in net.named_parameters()]
    rows = []
    for image in x:
        def f(*values):
            return torch.nn.utils.stateless.functional_call(
                net, dict(zip(names, values)), (image[None],))[0]
        parts = torch.autograd.functional.jacobian(f, tuple(params),
                                                   vectorize=True)
        d = len(parts[0])
        rows.append(torch.cat([part.reshape(d, -1) for part in parts], 1))
    return torch.stack(rows).view(len(x), -1), d


def functorch(net, x):
    import functorch as f
    function, params, buffers = f.make_functional_with_buffers(net)

    def one(values, image):
        return function(values, buffers, image[None])[0]

    by_image = f.vmap(f.jacrev(one), (None, 0))
    rows = []
    for block in x.split(BLOCK):
        parts = by_image(params, block)
        n, d = parts[0].shape[:2]
        rows.append(torch.cat([p.detach().reshape(n, d, -1) for p in parts],
                              2).reshape(n, -1))
    return torch.cat(rows), d


METHODS = {"double": loop, "loop": loop, "jacobian": jacobian,
           "functorch": functorch, "functorch-double": functorch}


def main(path, threads="1", *methods):
    torch.set_num_threads(int(threads))
    base, good = memory("VmRSS"), True
    with h5py.File(path, "r") as file:
        ours = torch.from_numpy(file["K"][()])
        for name in methods or ("double", "loop"):
            dtype = torch.float64 if "double" in name else torch.float32
            net = network_of(file, dtype)
            x = torch.from_numpy(numpy.array(file["input"])).to(dtype)
            begun = time.perf_counter()
            theirs = product(*METHODS[name](net, x))
            seconds = time.perf_counter() - begun
            error = float((theirs - ours).abs().max() / theirs.abs().max())
            good = good and error <= LIMIT.get(name, FLOAT_LIMIT)
            print(f"{name} {error:.3e} {seconds:.6f}")
    print(f"memory {base} {memory('VmHWM')}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
