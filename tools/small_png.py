"""Writes a picture of the browser with at most 64 colours, so that it takes a fifth of the space."""

import struct
import zlib

import numpy as np

COLOURS = 64
UP = 2
"""Filter of a row, as the browser writes it: each byte is the difference from the byte above (PNG, section 9.2)."""


def small_png(picture: bytes) -> bytes:
    """Return a picture of 8-bit RGB as one with a palette: frequent colours stay, each other becomes its nearest.

    Raises ValueError for a picture of another form than the browser's fast ones.
    """
    chunks = dict[bytes, bytes]()
    at = 8
    while at < len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        chunks[kind] = chunks.get(kind, b"") + picture[at + 8 : at + 8 + length]
        at += 12 + length
    width, height, depth, form = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + 3 * width)
    if (depth, form) != (8, 2) or (rows[:, 0] != UP).any():
        msg = "not a fast picture of the browser: 8-bit RGB, each row as the difference from the row above"
        raise ValueError(msg)
    pixels = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8).reshape(-1, 3)
    found, which, times = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    kept = np.argsort(times)[::-1][:COLOURS]
    palette = found[kept].astype(np.int32)
    nearest = np.array([((palette - colour) ** 2).sum(axis=1).argmin() for colour in found.astype(np.int32)], np.uint8)
    image = np.zeros((height, 1 + width), np.uint8)
    image[:, 1:] = nearest[which.reshape(height, width)]
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        (b"PLTE", palette.astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(image.tobytes(), 9)),
    )
    return picture[:8] + b"".join(_chunk(*each) for each in (*parts, (b"IEND", b"")))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
