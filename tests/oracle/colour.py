"""Writes colour.csv: what torchvision and colorsys make of small images, by the
very random numbers that eigenstep draws. Run: python3 colour.py > colour.csv
(python3-torchvision). Nothing of eigenstep is used: the generator is written
down from its paper (Salmon et al. 2011), each augmentation's number from
src/data/draws.h.

Rows: name, sample, view, then values.
  view    pixels of a view of seed 7, draw 3 under the settings of that name, at
          the places listed in PLACES (three channels of 5x5: all of them)
  tint    hue, saturation and the colour of value 1 of a sample of seed 7
"""
import colorsys

import torch
from torchvision.transforms import functional_tensor as T

torch.set_default_dtype(torch.float64)  # the blur's weights have the default

DATA, AUGMENT = 2, 4
BRIGHTNESS, CONTRAST, SATURATION, HUE, GRAY, BLUR, SIGMA = range(3, 10)
SEED, DRAW = 7, 3
MASK = 0xFFFFFFFF


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & MASK, (a >> 32) ^ c[3] ^ k[1], a & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def bits(seed, stream, index):
    w = philox([index & MASK, index >> 32, stream, 0], [seed & MASK, seed >> 32])
    return w[1] << 32 | w[0]


def uniform(seed, stream, index):
    return (bits(seed, stream, index) >> 11) * 2.0**-53


def scatter(i):
    z = (i + 1) * 0x9E3779B97F4A7C15 & 2**64 - 1
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & 2**64 - 1
    return z >> 40 & 255


def turn_hue(x, by):
    """adjust_hue, which itself goes through single precision; checked against
    colorsys, pixel by pixel."""
    h, s, v = T._rgb2hsv(x).unbind(dim=-3)
    out = T._hsv2rgb(torch.stack(((h + by) % 1.0, s, v), dim=-3))
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            h, s, v = colorsys.rgb_to_hsv(*x[:, i, j].tolist())
            want = colorsys.hsv_to_rgb((h + by) % 1.0, s, v)
            assert max(abs(a - b) for a, b in zip(want, out[:, i, j])) < 1e-14
    return out


def view(channels, side, sample, which, strength):
    n = channels * side * side
    x = torch.tensor([scatter(sample * n + i) for i in range(n)], dtype=torch.float64)
    x = x.reshape(channels, side, side) / 255
    key, first = bits(SEED, AUGMENT, DRAW), sample << 24 | which << 23

    def u(k):
        return uniform(key, AUGMENT, first + k)

    def factor(name, k):
        low = max(0, 1 - strength[name])
        return low + (1 + strength[name] - low) * u(k)

    if "brightness" in strength:
        x = T.adjust_brightness(x, factor("brightness", BRIGHTNESS))
    if "contrast" in strength:
        x = T.adjust_contrast(x, factor("contrast", CONTRAST))
    if "saturation" in strength:
        x = T.adjust_saturation(x, factor("saturation", SATURATION))
    if "hue" in strength:
        x = turn_hue(x, strength["hue"] * (2 * u(HUE) - 1))
    if u(GRAY) < strength.get("gray", 0):
        x = T.rgb_to_grayscale(x, num_output_channels=3)
    if u(BLUR) < strength.get("blur", 0):
        reach, sigma = max(1, side // 20), 0.1 + 1.9 * u(SIGMA)
        x = T.gaussian_blur(x, [2 * reach + 1] * 2, [sigma] * 2)
    return x.reshape(-1)


def row(name, sample, which, values):
    print(",".join([name, str(sample), str(which)] + [f"{float(v):.17g}" for v in values]))


ALL = dict(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1, gray=0.2, blur=0.5)
SETTINGS = {
    "saturation": dict(saturation=0.8),
    "saturation-strong": dict(saturation=2.5),
    "hue": dict(hue=0.5),
    "gray": dict(gray=0.5),
    "blur": dict(blur=1),
    "simclr": ALL,
}
# Of one channel of 61x61 pixels, whose blur reaches 3: corners, edges, middle.
PLACES = [0, 1, 60, 61, 62, 3 * 61 + 2, 30 * 61 + 30, 59 * 61 + 1, 60 * 61, 61 * 61 - 1]

for name, strength in SETTINGS.items():
    for sample in range(3):
        for which in range(2):
            row(name, sample, which, view(3, 5, sample, which, strength))
for which in range(2):
    row("blur-far", 0, which, view(1, 61, 0, which, dict(blur=1))[PLACES])
for sample in list(range(6)) + [59999]:
    hue, saturation = (uniform(SEED, DATA, 2 * sample + k) for k in range(2))
    row("tint", sample, 0, [hue, saturation, *colorsys.hsv_to_rgb(hue, saturation, 1)])
