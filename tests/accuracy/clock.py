"""Closed forms that BYOL's models share (theory.md 4): the time at which a mode of
constant tau has come to p, on c = 0 or at eta = 0, and p at a time."""
from decimal import Decimal as D

from exact import atan, root


def clock(b, eta, tau, c=D(0), alpha=D(1)):
    """t(p) up to a constant, as printed, and dt/dp: on c = 0, or at eta = 0."""
    if eta == 0 and c != 0:
        a2 = alpha * c
        rest = tau / b
        if c > 0:
            a = a2.sqrt()
            return lambda p: ((-abs(rest - p).ln() + (p * p + a2).ln() / 2
                               + rest / a * atan(p / a)) / (b * (rest ** 2 + a2)))
        q = (-a2).sqrt()
        return lambda p: ((-abs(rest - p).ln() + abs(p * p - q * q).ln() / 2
                           + rest / (2 * q) * abs((p - q) / (p + q)).ln())
                          / (b * (rest ** 2 - q * q)))
    if eta == 0:
        rest = tau / b
        return lambda p: (abs(p / (rest - p)).ln() / rest - 1 / p) / tau
    gap = tau * tau - 4 * eta * b
    if gap > 0:
        r = gap.sqrt()
        low, high = (tau - r) / (2 * b), (tau + r) / (2 * b)
        return lambda p: (-p.ln() / (low * high) + abs(p - low).ln()
                          / (low * (high - low)) - abs(p - high).ln()
                          / (high * (high - low))) / b
    if gap == 0:
        z = tau / (2 * b)
        return lambda p: ((abs(p - z) / p).ln() / z ** 2
                          + 1 / (z * (p - z))) / b
    q = (-gap).sqrt()
    return lambda p: (-p.ln() + (b * p * p - tau * p + eta).ln() / 2
                      - tau / q * atan((2 * b * p - tau) / q)) / eta


def p_at(t, p0, b, eta, tau, c=D(0), alpha=D(1)):
    """p(t) by inverting the clock; p runs from p0 to where it ends."""
    if t == 0:
        return p0
    rate = lambda p: (p * p + alpha * c) * (tau - b * p) - eta * p
    tick = clock(b, eta, tau, c, alpha)
    start = tick(p0)
    end = ending(p0, b, eta, tau)
    rising = rate(p0) > 0
    if end == 0:  # p = p0 e^-z
        at, back = lambda z: p0 * (-z).exp(), lambda p: -p
    else:
        at, back = (lambda z: end + (p0 - end) * (-z).exp()), lambda p: end - p
    high = D(1)
    while tick(at(high)) - start < t:
        high *= 2
        if high > (200 if end else 10**6):
            return end
    assert rising == (end > p0)
    return at(root(lambda z: tick(at(z)) - start - t,
                   lambda z: back(at(z)) / rate(at(z)), D(0), high))


def ending(p0, b, eta, tau):
    if eta == 0:
        return tau / b
    gap = tau * tau - 4 * eta * b
    if gap < 0:
        return D(0)
    low, high = (tau - gap.sqrt()) / (2 * b), (tau + gap.sqrt()) / (2 * b)
    return D(0) if p0 < low else high
