"""Writes the containers of PNG, WebP, GIF and EXIF byte by byte, with the chunks that Pillow cannot write."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def packed_rows(samples, depth):
    """samples [height, width, channels]; PNG rows of filter 0 and, where it can be, the filter Sub or Up."""
    height, width, channels = samples.shape
    rows = b""
    before = None
    for y in range(height):
        if depth == 16:
            row = samples[y].astype(">u2").tobytes()
        elif depth == 8:
            row = samples[y].astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(v), f"0{depth}b") for v in samples[y].ravel())
            bits += "0" * (-len(bits) % 8)
            row = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
        step = max(1, channels * depth // 8)
        if y % 3 == 1:
            rows += b"\x01" + bytes((row[i] - (row[i - step] if i >= step else 0)) & 255 for i in range(len(row)))
        elif y % 3 == 2:
            rows += b"\x02" + bytes((a - b) & 255 for a, b in zip(row, before))
        else:
            rows += b"\0" + row
        before = row
    return rows


def interlaced_rows(samples, depth):
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = (samples[y::dy, x::dx] for x, y, dx, dy in passes)
    return b"".join(packed_rows(part, depth) for part in parts if part.size)


def png(samples, depth, color, before=b"", after=b"", interlaced=False):
    """before and after: chunks around the image data."""
    height, width, _ = samples.shape
    rows = (interlaced_rows if interlaced else packed_rows)(samples, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    data = zlib.compress(rows, 9)
    half = len(data) // 2
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", data[:half]) + chunk(b"IDAT", data[half:])
        + after + chunk(b"IEND", b"")
    )  # fmt: skip


def riff(kind, body):
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp_chunks(image, **options):
    """The chunks of a WebP that Pillow writes: [(kind, body)]."""
    out = io.BytesIO()
    image.save(out, "WEBP", **options)
    data, at, found = out.getvalue(), 12, []
    while at + 8 <= len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        found.append((data[at : at + 4], data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def webp_file(chunks):
    body = b"WEBP" + b"".join(riff(kind, data) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def little24(value):
    return struct.pack("<I", value)[:3]


def webp_extended(flags, width, height):
    return b"VP8X", bytes([flags, 0, 0, 0]) + little24(width - 1) + little24(height - 1)


def webp_frame(left, top, width, height, chunks, flags=0):
    head = little24(left // 2) + little24(top // 2) + little24(width - 1) + little24(height - 1) + little24(100)
    return b"ANMF", head + bytes([flags]) + b"".join(riff(kind, data) for kind, data in chunks)


ORIENTATION = 0x0112
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q"}


def field_value(kind, value, order):
    if kind in (2, 7):
        return str(value).encode() + b"\0"
    if kind in (5, 10):
        return struct.pack(order + ("II" if kind == 5 else "ii"), 2 * value, 2)
    return struct.pack(order + FORMATS[kind], value)


def tiff(orientation, kind=3, order="<", count=1, entries_before=1, header=None):
    """A TIFF block with the orientation as a field of any type; `count` repeats the value."""
    values = field_value(kind, orientation, order) * count
    fields = [(0x010F - i, 2, 4, b"abc\0") for i in range(entries_before)][::-1]
    fields.append((ORIENTATION, kind, len(values) // SIZES[kind], values))
    start = 8 + 2 + 12 * len(fields) + 4
    body, extra = struct.pack(order + "H", len(fields)), b""
    for tag, field_kind, length, data in fields:
        body += struct.pack(order + "HHI", tag, field_kind, length)
        if len(data) <= 4:
            body += data.ljust(4, b"\0")
        else:
            body += struct.pack(order + "I", start + len(extra))
            extra += data
    head = header or (b"II*\0" if order == "<" else b"MM\0*")
    return head + struct.pack(order + "I", 8) + body + struct.pack(order + "I", 0) + extra


def lzw(indices, bits):
    """GIF's coding with clear codes only: every code has bits + 1 bits."""
    clear, width = 1 << bits, bits + 1
    codes = []
    for i, value in enumerate(indices):
        if i % (clear - 2) == 0:
            codes.append(clear)
        codes.append(value)
    codes.append(clear + 1)
    text = "".join(format(code, f"0{width}b")[::-1] for code in codes)
    text += "0" * (-len(text) % 8)
    data = bytes(int(text[i : i + 8][::-1], 2) for i in range(0, len(text), 8))
    return bytes([bits]) + b"".join(bytes([len(p)]) + p for p in (data[i : i + 255] for i in range(0, len(data), 255))) + b"\0"


def gif_rows(indices, interlaced):
    if not interlaced:
        return indices
    order = [y for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(start, indices.shape[0], step)]
    return indices[order]


def gif(screen, frames, palette=None, background=0):
    """frames: dictionaries with left, top, indices, and optional palette, transparent, interlaced and bits."""
    flags = 0x80 | (len(palette).bit_length() - 2) if palette else 0
    data = b"GIF89a" + struct.pack("<HHBBB", *screen, flags, background, 0)
    data += b"".join(bytes(color) for color in palette or [])
    for frame in frames:
        indices, local = frame["indices"], frame.get("palette")
        if "transparent" in frame:
            data += b"!\xf9\x04" + bytes([frame.get("disposal", 0) << 2 | 1, 0, 0, frame["transparent"]]) + b"\0"
        packed = (0x80 | (len(local).bit_length() - 2) if local else 0) | (0x40 if frame.get("interlaced") else 0)
        height, width = indices.shape
        data += b"," + struct.pack("<HHHHB", frame.get("left", 0), frame.get("top", 0), width, height, packed)
        data += b"".join(bytes(color) for color in local or [])
        rows = gif_rows(indices, frame.get("interlaced"))
        data += lzw([int(v) for v in rows.ravel()], frame.get("bits", 8))
    return data + b";"


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def image_of(pixels, mode=None):
    return Image.fromarray(np.ascontiguousarray(pixels), mode)
