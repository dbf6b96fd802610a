"""Taylor series with decimals of 70 digits: the coefficients of a solution of
y' = f(y) follow one by one from f, which is called with y as unfinished series
and builds a graph of sums, products, quotients, roots and exponentials. A step is
as long as the last coefficients allow. No stepper of eigenstep works like this,
but for the lanes of one model, and none with more than 53 bits."""
from decimal import Decimal as D
from decimal import getcontext
from operator import mul

ORDER, DIGITS = 44, 58


class Series:
    """Coefficients so far; more are found by `find` where it is a node."""

    def __init__(self, first=None):
        self.c = [] if first is None else [first]

    def upto(self, k):
        while len(self.c) <= k:
            self.c.append(self.find(len(self.c)))
        return self.c

    def find(self, k):
        return D(0)  # a constant

    def __add__(self, other):
        return Sum([self, series(other)])

    __radd__ = __add__

    def __sub__(self, other):
        return Sum([self, -series(other)])

    def __rsub__(self, other):
        return Sum([series(other), -self])

    def __neg__(self):
        return Scaled(D(-1), self)

    def __mul__(self, other):
        if isinstance(other, Series):
            return Product(self, other)
        return Scaled(D(other), self)

    __rmul__ = __mul__

    def __truediv__(self, other):
        if isinstance(other, Series):
            return Quotient(self, other)
        return Scaled(1 / D(other), self)

    def __rtruediv__(self, other):
        return Quotient(series(other), self)

    def exp(self):
        return Exponential(self)

    def sqrt(self):
        return Root(self)


def series(x):
    return x if isinstance(x, Series) else Series(D(x))


class Sum(Series):
    def __init__(self, parts):
        self.c, self.parts = [], parts

    def find(self, k):
        return sum(p.upto(k)[k] for p in self.parts)


class Scaled(Series):
    def __init__(self, by, of):
        self.c, self.by, self.of = [], by, of

    def find(self, k):
        return self.by * self.of.upto(k)[k]


def convolve(a, b, k):
    """Coefficient k of a product."""
    return sum(map(mul, a[: k + 1], b[k::-1]))


class Product(Series):
    def __init__(self, a, b):
        self.c, self.a, self.b = [], a, b

    def find(self, k):
        return convolve(self.a.upto(k), self.b.upto(k), k)


class Quotient(Series):
    def __init__(self, a, b):
        self.c, self.a, self.b = [], a, b

    def find(self, k):
        a, b = self.a.upto(k), self.b.upto(k)
        rest = convolve(self.c, b[1:], k - 1) if k else 0
        return (a[k] - rest) / b[0]


class Exponential(Series):
    def __init__(self, a):
        self.c, self.a = [], a

    def find(self, k):
        a = self.a.upto(k)
        if k == 0:
            return a[0].exp()
        return sum(i * a[i] * self.c[k - i] for i in range(1, k + 1)) / k


class Root(Series):
    def __init__(self, a):
        self.c, self.a = [], a

    def find(self, k):
        a = self.a.upto(k)
        if k == 0:
            return a[0].sqrt()
        rest = sum(self.c[i] * self.c[k - i] for i in range(1, k))
        return (a[k] - rest) / (2 * self.c[0])


def expand(f, y, order):
    parts = [Series(x) for x in y]
    slopes = [series(s) for s in f(parts)]
    for k in range(order):
        new = [s.upto(k)[k] / (k + 1) for s in slopes]
        for part, x in zip(parts, new):
            part.c.append(x)
    return [p.c for p in parts]


def reach(parts, order):
    """How far the series is good for DIGITS, of each component's own size."""
    largest = max(abs(c[0]) for c in parts)
    h = None
    for c in parts:
        size = max(abs(c[0]), largest * D(10) ** -40)
        for n in (order, order - 1):
            if c[n] != 0:
                goes = (size / abs(c[n]) * D(10) ** -DIGITS) ** (D(1) / n)
                h = goes if h is None else min(h, goes)
    return h


def solve(f, y0, times, share=D("0.9"), order=ORDER):
    """y at the times, which rise."""
    getcontext().prec = 80
    y, t, found = [D(x) for x in y0], D(0), []
    for end in times:
        end = D(end)
        while t < end:
            parts = expand(f, y, order)
            h = reach(parts, order)
            h = end - t if h is None else min(share * h, end - t)
            y = [value(c, h) for c in parts]
            t = end if h == end - t else t + h
        found.append(y)
    return found


def passing(f, y0, number, level, share=D("0.9")):
    """When component `number`, which rises, comes to the level."""
    getcontext().prec = 80
    y, t = [D(x) for x in y0], D(0)
    while True:
        parts = expand(f, y, ORDER)
        h = share * reach(parts, ORDER)
        new = [value(c, h) for c in parts]
        if new[number] >= level:
            break
        y, t = new, t + h
    low, high = D(0), h
    while high - low > D(10) ** -55 * (t + high):
        middle = (low + high) / 2
        if value(parts[number], middle) < level:
            low = middle
        else:
            high = middle
    return t + high


def value(c, h):
    total = D(0)
    for x in reversed(c):
        total = total * h + x
    return total
