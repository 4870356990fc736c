"""Line ornaments in the manner of banknotes: a border of interlaced waves and a rosette, as PDF operators.

Drawn from sines with exact tangents, so that few curves make a smooth line.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

from lms.pdf.canvas import num

Point = tuple[float, float]


def _curve(at: Callable[[float], Point], slope: Callable[[float], Point], end: float, steps: int) -> str:
    """A cubic path along a parametric curve from 0 to ``end``."""
    h = end / steps
    x, y = at(0.0)
    parts = [f"{num(x)} {num(y)} m"]
    for step in range(steps):
        (x0, y0), (x1, y1) = at(step * h), at((step + 1) * h)
        (u0, v0), (u1, v1) = slope(step * h), slope((step + 1) * h)
        a, b, c, d = x0 + u0 * h / 3, y0 + v0 * h / 3, x1 - u1 * h / 3, y1 - v1 * h / 3
        parts.append(f"{num(a)} {num(b)} {num(c)} {num(d)} {num(x1)} {num(y1)} c")
    return " ".join(parts)


def _wave(x: float, y: float, length: float, height: float, waves: int, phase: float, upright: bool) -> str:
    k = 2 * pi * waves / length

    def at(t: float) -> Point:
        shift = height * sin(k * t + phase)
        return (x + shift, y + t) if upright else (x + t, y + shift)

    def slope(t: float) -> Point:
        rise = height * k * cos(k * t + phase)
        return (rise, 1.0) if upright else (1.0, rise)

    return _curve(at, slope, length, waves * 4)


def border(left: float, bottom: float, right: float, top: float, height: float, pitch: float) -> str:
    """Three interlaced waves along each side of a rectangle; ``height`` is their amplitude, ``pitch`` about one wave."""
    paths = []
    for number in range(3):
        phase = number * 2 * pi / 3
        across, up = round((right - left) / pitch), round((top - bottom) / pitch)
        for y in (bottom, top):
            paths.append(_wave(left, y, right - left, height, across, phase, upright=False))
        for x in (left, right):
            paths.append(_wave(x, bottom, top - bottom, height, up, phase, upright=True))
    return " ".join([*paths, "S"])


def rosette(x: float, y: float, radius: float, petals: int, rings: int) -> str:
    """Rings of petals that turn against each other around ``x``, ``y``."""
    paths = []
    for number in range(rings):
        share = 1 - number * 0.62 / rings
        turn, swing = number * pi / petals / 1.5, 0.16 * radius * share

        def at(t: float, share: float = share, turn: float = turn, swing: float = swing) -> Point:
            r = radius * share - swing + swing * cos(petals * t + turn * petals)
            return x + r * cos(t), y + r * sin(t)

        def slope(t: float, share: float = share, turn: float = turn, swing: float = swing) -> Point:
            r = radius * share - swing + swing * cos(petals * t + turn * petals)
            dr = -swing * petals * sin(petals * t + turn * petals)
            return dr * cos(t) - r * sin(t), dr * sin(t) + r * cos(t)

        paths.append(_curve(at, slope, 2 * pi, petals * 4))
    return " ".join([*paths, "S"])
