"""JPEG, PNG, GIF and WebP files that are whole, cut, padded or contradictory in ways that occur."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def scene(width, height, mode="RGB"):
    """Smooth shapes with some noise."""
    noise = np.random.default_rng(3).integers(0, 16, (height, width, 3))
    x, y, c = np.arange(width)[None, :, None], np.arange(height)[:, None, None], np.arange(3)
    values = 128 + 70 * np.sin(x / 5 + 2 * c) + 40 * np.cos(y / 3 - c) + noise
    return Image.fromarray(values.clip(0, 255).astype(np.uint8)).convert(mode)


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


END = b"\xff\xd9"


def jpegs():
    kinds = {
        "baseline": saved(scene(37, 29), "JPEG", quality=90),
        "4:4:4": saved(scene(37, 29), "JPEG", quality=80, subsampling=0),
        "progressive": saved(scene(37, 29), "JPEG", progressive=True),
        "with restart markers": saved(scene(37, 29), "JPEG", restart_marker_blocks=2),
        "grey": saved(scene(37, 29, "L"), "JPEG"),
    }
    for kind, whole in kinds.items():
        assert whole.endswith(END)
        data = whole[:-2]
        start = data.rindex(b"\xff\xda")
        half = start + (len(data) - start) * 2 // 3
        yield f"JPEG, {kind}", whole
        for name, file in {
            "zeros in place of the end": data + bytes(60),
            "garbage in place of the end": data + bytes(range(1, 90)),
            "garbage after the end": whole + bytes(range(1, 90)),
            "fill bytes before the end": data + b"\xff\xff" + END,
            "no end": data,
            "cut": data[:half],
            "cut, then zeros": data[:half] + bytes(600),
            "cut, then an end": data[:half] + END,
            "the last byte cut, then an end": data[:-1] + END,
            "the last three bytes zero": data[:-3] + bytes(5),
        }.items():
            yield f"JPEG, {kind}: {name}", file
    whole = kinds["baseline"]
    frame = whole.index(b"\xff\xc0")
    for name, (width, height) in {"no columns": (0, 29), "no rows": (37, 0), "65500² pixels": (65500, 65500)}.items():
        yield f"JPEG: {name}", whole[: frame + 5] + struct.pack(">HH", height, width) + whole[frame + 9 :]


SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind, data, checksum=None):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) if checksum is None else checksum)


def png(width, height, depth, color, idat, interlaced=0, before=b"", after=b"", end=True):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    parts = b"".join(chunk(b"IDAT", part) for part in idat)
    return SIGNATURE + chunk(b"IHDR", header) + before + parts + after + (chunk(b"IEND", b"") if end else b"")


CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def filtered(random, width, height, depth, color, interlaced):
    """Random rows with all filters, as an image or as the seven passes of an interlaced one."""

    def rows(columns, lines):
        size = (columns * CHANNELS[color] * depth + 7) // 8
        return b"".join(bytes([random.integers(5)]) + random.bytes(size) for _ in range(lines)) if columns > 0 else b""

    if not interlaced:
        return rows(width, height)
    return b"".join(rows((width - x + dx - 1) // dx, (height - y + dy - 1) // dy) for x, y, dx, dy in PASSES)


def pngs():
    random = np.random.default_rng(4)
    palette = chunk(b"PLTE", random.bytes(60))
    kinds = [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (1, 3), (2, 3), (4, 3), (8, 3), (8, 4), (16, 4), (8, 6), (16, 6)]
    for depth, color in kinds:
        for interlaced in (0, 1):
            data = zlib.compress(filtered(random, 11, 9, depth, color, interlaced))
            name = f"PNG, {depth} bits, type {color}" + (", interlaced" if interlaced else "")
            yield name, png(11, 9, depth, color, [data], interlaced, before=palette if color == 3 else b"")
    rows = filtered(random, 9, 7, 8, 2, 0)
    data = zlib.compress(rows)
    control = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 9, 7, 0, 0, 1, 1, 0, 0))
    frame = chunk(b"fdAT", struct.pack(">I", 1) + zlib.compress(filtered(random, 9, 7, 8, 2, 0)))
    plain = lambda parts, **more: png(9, 7, 8, 2, parts, **more)  # noqa: E731
    for name, file in {
        "no end": plain([data], end=False),
        "half an end": plain([data])[:-7],
        "an end with a wrong checksum": plain([data])[:-2] + b"xx",
        "zeros in place of the end": plain([data], end=False) + bytes(90),
        "text cut in place of the end": plain([data], after=chunk(b"tEXt", b"a\0bcd"), end=False)[:-6],
        "garbage after the end": plain([data]) + bytes(range(90)),
        "cut within the pixels": plain([data], end=False)[:-40],
        "cut between two chunks of pixels": plain([data[:60]], end=False),
        "half of the compressed pixels": plain([data[:60]]),
        "empty chunks of pixels": plain([b"", data[:20], b"", data[20:], b""]),
        "no pixels": plain([b""]),
        "no chunk of pixels": plain([]),
        "a wrong filter": plain([zlib.compress(b"\x07" + rows[1:])]),
        "more rows than stated": plain([zlib.compress(rows + rows)]),
        "a color profile of garbage": plain([data], before=chunk(b"iCCP", b"name\0\0garbage")),
        "an unknown chunk": plain([data], before=chunk(b"qqQq", b"anything")),
        "two frames": plain([data], before=chunk(b"acTL", struct.pack(">II", 1, 0)), after=control + frame),
        "no columns": png(0, 7, 8, 2, [data]),
        "no rows": png(9, 0, 8, 2, [data]),
        "100000² pixels": png(100000, 100000, 8, 2, [data]),
        "2147483647² pixels": png(2**31 - 1, 2**31 - 1, 8, 2, [data]),
    }.items():
        yield f"PNG: {name}", file


COLORS = bytes([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
GREYS = bytes([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])


def codes(indices):
    """LZW codes of three bits, with so many clear codes that the table never grows."""
    bits, count, data = 0, 0, bytearray()
    for code in [c for i, index in enumerate(indices) for c in ([4, index] if i % 2 == 0 else [index])] + [5]:
        bits |= code << count
        count += 3
        while count >= 8:
            data.append(bits & 255)
            bits >>= 8
            count -= 8
    data.append(bits & 255)
    return b"\2" + bytes([len(data)]) + bytes(data) + b"\0"


def frame(left, top, width, height, indices, local=b"", interlaced=False, transparent=None):
    control = b"" if transparent is None else b"!\xf9\4\1\0\0" + bytes([transparent]) + b"\0"
    flags = (0x40 if interlaced else 0) | (0x81 if local else 0)
    return control + b"," + struct.pack("<HHHHB", left, top, width, height, flags) + local + codes(indices)


def gif(width, height, *frames, colors=COLORS, end=b";", version=b"89a", before=b""):
    screen = b"GIF" + version + struct.pack("<HHBBB", width, height, 0x81 if colors else 0, 2, 0)
    return screen + colors + before + b"".join(frames) + end


def gifs():
    four = [1, 2, 3, 0]
    whole = frame(0, 0, 2, 2, four)
    for name, file in {
        "whole": gif(2, 2, whole),
        "a frame smaller than the screen": gif(4, 3, frame(1, 1, 2, 2, four)),
        "a smaller frame with transparency": gif(4, 3, frame(1, 1, 2, 2, four, transparent=2)),
        "a frame beyond the screen": gif(2, 2, frame(1, 1, 2, 2, four)),
        "a screen without pixels": gif(0, 0, whole),
        "a screen of 65535² pixels": gif(65535, 65535, whole),
        "its own colors": gif(2, 2, frame(0, 0, 2, 2, four, local=COLORS[::-1])),
        "only its own colors": gif(3, 2, frame(1, 0, 2, 2, four, local=COLORS[::-1]), colors=b""),
        "no colors": gif(3, 2, frame(1, 0, 2, 2, four), colors=b""),
        "greys": gif(2, 2, whole, colors=GREYS),
        "greys of its own": gif(2, 2, frame(0, 0, 2, 2, four, local=GREYS)),
        "interlaced": gif(2, 9, frame(0, 0, 2, 9, [(x * y) % 4 for y in range(9) for x in (1, 2)], interlaced=True)),
        "two frames": gif(2, 2, whole, frame(0, 0, 2, 2, [0, 0, 1, 1])),
        "a comment": gif(2, 2, whole, before=b"!\xfe\5hello\0"),
        "zeros before the frame": gif(2, 2, whole, before=bytes(5)),
        "no end": gif(2, 2, whole, end=b""),
        "no end of the pixels": gif(2, 2, whole, end=b"")[:-1],
        "cut within the pixels": gif(2, 2, whole, end=b"")[:-3],
        "fewer pixels than stated": gif(2, 2, frame(0, 0, 2, 2, four[:2])),
        "more pixels than stated": gif(2, 2, frame(0, 0, 2, 2, four + four)),
        "no frame": gif(2, 2),
        "a frame without pixels": gif(2, 2, frame(0, 0, 0, 2, [])),
        "an unknown version": gif(2, 2, whole, version=b"90a"),
        "the oldest version": gif(2, 2, whole, version=b"87a"),
    }.items():
        yield f"GIF: {name}", file
    colors = scene(64, 48).quantize(200)
    yield "GIF: 200 colors", saved(colors, "GIF")


def webps():
    small = scene(23, 19)
    animated = io.BytesIO()
    small.save(animated, "WEBP", save_all=True, append_images=[small.rotate(180)], duration=50)
    kinds = {"lossy": saved(small, "WEBP"), "lossless": saved(small, "WEBP", lossless=True), "animated": animated.getvalue()}
    for kind, whole in kinds.items():
        yield f"WebP, {kind}", whole
        for name, file in {
            "garbage after the end": whole + bytes(range(40)),
            "the last byte missing": whole[:-1],
            "half": whole[: len(whole) // 2],
            "half with a fitting length": b"RIFF" + struct.pack("<I", len(whole) // 4 * 2 - 8) + whole[8 : len(whole) // 4 * 2],
            "too small a length": b"RIFF" + struct.pack("<I", len(whole) - 10) + whole[8:],
            "too large a length": b"RIFF" + struct.pack("<I", len(whole)) + whole[8:],
            "the largest length": b"RIFF\xff\xff\xff\xff" + whole[8:],
        }.items():
            yield f"WebP, {kind}: {name}", file
    lossy, lossless = kinds["lossy"], bytearray(kinds["lossless"])
    yield "WebP: 16383² pixels", lossy[:26] + struct.pack("<HH", 16383, 16383) + lossy[30:]
    yield "WebP: no columns", lossy[:26] + struct.pack("<HH", 0, 19) + lossy[30:]
    lossless[21:25] = struct.pack("<I", struct.unpack_from("<I", lossless, 21)[0] | 0xFFFFFFF)
    yield "WebP: 16384² pixels", bytes(lossless)


def all_files():
    for make in (jpegs, pngs, gifs, webps):
        yield from make()
