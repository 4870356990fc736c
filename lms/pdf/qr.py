"""A QR code as a vector path."""

from __future__ import annotations

from functools import lru_cache

import segno

from lms.pdf.canvas import TaggedCanvas, fill, num


@lru_cache(maxsize=16)
def modules(text: str) -> tuple[bytes, ...]:
    """Rows of 0 (light) and 1 (dark), without the quiet zone. Error correction M: a fold or a stain does no harm.

    The mask is fixed. A reader finds the mask in the code and undoes it; searching for the mask with the most even
    picture, as the standard asks of encoders, would take more time than all the rest of a page.
    """
    return tuple(bytes(row) for row in segno.make(text, error="m", micro=False, mask=0).matrix)


def draw_qr(canvas: TaggedCanvas, text: str, x: float, y: float, side: float, colour: str) -> None:
    """Draw the code of ``text`` as a square of ``side`` points with its lower left corner at ``x``, ``y``.

    Leave a quiet zone of four modules around it. Neighbouring dark modules of a row are one rectangle: fewer seams.
    """
    rows = modules(text)
    unit = num(side / len(rows))
    operators = [f"q {fill(colour)} {unit} 0 0 {unit} {num(x)} {num(y)} cm"]
    for at, row in enumerate(rows):
        bottom = len(rows) - 1 - at
        start = row.find(1)
        while start >= 0:
            end = row.find(0, start)
            end = len(row) if end < 0 else end
            operators.append(f"{start} {bottom} {end - start} 1 re")
            start = row.find(1, end)
    canvas.write(*operators, "f Q")
