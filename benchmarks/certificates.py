"""Certificates per second, against a bare ReportLab page that sets the same words in the same fonts.

Run: ``python -m benchmarks.certificates [seconds]``. The bare page has no tags, no shaping, no ornament and no QR code;
both embed subsets of the same TrueType files. CPU time of one process, fonts loaded beforehand, every name different.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count
from statistics import median

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from lms.certificates.pdf import CertificateFields, certificate_pdf
from lms.pdf.fonts import face_for, styled

ROUNDS = 15
NAMES = ("Zoë Nguyễn-Łukasiewicz", "Amara Okafor", "Siobhán Ní Dhomhnaill", "Beatriz Conceição")
OTHER_NAMES = {"Arabic": "محمد عبد الرحمن", "Hindi": "क्षितिज श्रीवास्तव", "Chinese": "王小明"}


def fields(number: int, name: str) -> CertificateFields:
    return CertificateFields(
        number=f"AT-2026-{number:06d}",
        person_name=f"{name} {number}",
        person_identifier=f"E{number:06d}",
        course_title="Working with qualified interpreters",
        course_code="LA-101",
        course_version="3",
        language="en-US",
        completed_on=date(2026, 3, 14),
        issued_on=date(2026, 3, 14),
        valid_until=date(2027, 3, 14),
        minutes=45,
        contact_hours=Decimal("0.75"),
        score=Decimal(92),
        pass_mark=Decimal(80),
        organisation_name="Riverside Teaching Hospital",
        verify_url=f"https://learn.riverside.example/verify/AT-2026-{number:06d}-K7QF",
    )


def bare_page(number: int, name: str) -> bytes:
    text, bold, display = (styled(style).font.fontName for style in ("text", "bold", "display"))
    own = face_for(name[0], styled("display")).font.fontName
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=landscape(A4), pageCompression=1, initialFontName=text)
    lines = (
        (bold, 12, "Riverside Teaching Hospital"),
        (display, 30, "Certificate of completion"),
        (text, 11, "This certifies that"),
        (own, 40, name),
        (display, 40, f" {number}"),
        (text, 9, f"Staff ID E{number:06d}"),
        (text, 11, "has completed"),
        (display, 23, "Working with qualified interpreters"),
        (text, 9.5, "LA-101, version 3"),
        (text, 8.5, "Completed on, Valid until, Learning time, Score"),
        (bold, 12, "March 14, 2026, March 14, 2027, 45 min, 92%"),
        (text, 8.5, "0.75 contact hours, pass mark 80%"),
        (bold, 11, f"Certificate AT-2026-{number:06d}"),
        (text, 9, "Issued on March 14, 2026"),
        (bold, 9, "Verify this certificate"),
        (text, 8.5, f"learn.riverside.example/verify/AT-2026-{number:06d}-K7QF"),
    )
    for at, (font, size, line) in enumerate(lines):
        canvas.setFont(font, size)
        canvas.drawCentredString(421, 540 - at * 34, line)
    canvas.save()
    return buffer.getvalue()


def once(make: Callable[[int], bytes], numbers: Iterator[int], seconds: float) -> float:
    """Documents per CPU second."""
    start, done = time.process_time(), 0
    while time.process_time() - start < seconds:
        make(next(numbers))
        done += 1
    return done / (time.process_time() - start)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 6.0
    print(f"{'names':<10}{'bare page/s':>14}{'certificates/s':>16}{'times slower':>14}{'KiB, bare':>11}{'KiB':>6}")
    for script, names in {"Latin": NAMES, **{script: (name,) for script, name in OTHER_NAMES.items()}}.items():
        plain = partial(make, bare_page, names)
        whole = partial(make, lambda number, name: certificate_pdf(fields(number, name)), names)
        sizes = len(plain(0)) / 1024, len(whole(0)) / 1024
        numbers = count(1)
        # In turns, because the speed of a shared machine changes from second to second.
        rounds = [
            (once(plain, numbers, seconds / ROUNDS), once(whole, numbers, seconds / ROUNDS)) for _ in range(ROUNDS)
        ]
        bare, full = (median(rates) for rates in zip(*rounds, strict=True))
        slower = median(one / other for one, other in rounds)
        print(f"{script:<10}{bare:>14.1f}{full:>16.1f}{slower:>14.2f}{sizes[0]:>11.0f}{sizes[1]:>6.0f}")


def make(build: Callable[[int, str], bytes], names: tuple[str, ...], number: int) -> bytes:
    return build(number, names[number % len(names)])


if __name__ == "__main__":
    main()
