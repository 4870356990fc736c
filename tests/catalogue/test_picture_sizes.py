"""How wide and high a picture is, from its file: what a page keeps free while it loads."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from lms.catalogue.disk import load_course
from lms.catalogue.media import picture_size
from tests.learning.conftest import COURSES


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_sizes_of_pictures(kind: str) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 361)).save(drawn, kind)
    assert picture_size(drawn.getvalue(), f"image/{kind}") == (640, 361)


@pytest.mark.parametrize(
    ("svg", "size"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180.4"/>', (320, 180)),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', (None, None)),
        (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 a b"/>', (None, None)),
    ],
)
def test_sizes_of_drawings(svg: bytes, size: tuple[int | None, int | None]) -> None:
    assert picture_size(svg, "image/svg+xml") == size


@pytest.mark.parametrize("slug", ["cc-101", "la-110"])
def test_every_picture_of_the_real_courses_has_its_place(slug: str) -> None:
    content = load_course(COURSES / slug).content
    assert content is not None
    assert [name for name, media in content.media.items() if media.type.startswith("image/") and not media.width] == []
