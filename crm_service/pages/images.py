"""Turning whatever was uploaded as a logo into a small, plain picture (WebP), or refusing it.

The file is decoded within limits and drawn anew: nothing of it is served but its pixels. Metadata
(places, cameras, names) go; formats that can hold scripts (SVG) are not read at all.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from crm_service.errors import Invalid

MAX_UPLOAD: Final = 1024 * 1024
#: A decoder may need eight bytes a pixel.
MAX_PIXELS: Final = 8_000_000
#: So that a page with its style sheet and logo stays below 15 kB.
MAX_STORED: Final = 8_000

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
#: Twice the size at which pages show it.
_BOX: Final = (480, 128)
_SMALLEST: Final = 16
_SHRINK: Final = 0.8
_QUALITIES: Final = (90, 75, 60)


@dataclass(frozen=True)
class Picture:
    """A logo as it is served."""

    content: bytes
    width: int
    height: int
    media_type: str = "image/webp"


def redrawn(upload: bytes) -> Picture:
    """Return the picture that ``upload`` shows, no larger than pages need.

    Raises ``Invalid`` (``invalid_image``) for anything that is no whole PNG, JPEG, WebP or GIF of
    at most 8 million pixels.
    """
    image = _decoded(upload)
    if min(image.size) < _SMALLEST:
        raise _refusal(f"the image is smaller than {_SMALLEST} pixels")
    image.thumbnail(_BOX, Image.Resampling.LANCZOS)
    while True:
        for content in _encodings(image):
            if len(content) <= MAX_STORED:
                return Picture(content, *image.size)
        width, height = (max(1, round(side * _SHRINK)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)


def _decoded(upload: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(upload), formats=_FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise _refusal(f"the image has more than {MAX_PIXELS} pixels")
                drawn = ImageOps.exif_transpose(opened).convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        raise _refusal("must be a whole PNG, JPEG, WebP or GIF image; SVG is not taken") from error
    except (SyntaxError, IndexError, EOFError, MemoryError) as error:  # what broken files lead to
        raise _refusal("the image is broken") from error
    plain = Image.new("RGBA", drawn.size)
    plain.paste(drawn)
    return plain


def _encodings(image: Image.Image) -> list[bytes]:
    return [_encoded(image, lossless=True), *(_encoded(image, quality=q) for q in _QUALITIES)]


def _encoded(image: Image.Image, *, lossless: bool = False, quality: int = 80) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", method=6, lossless=lossless, quality=quality)
    return out.getvalue()


def _refusal(message: str) -> Invalid:
    return Invalid(message, code="invalid_image", errors={"body": [message]})
