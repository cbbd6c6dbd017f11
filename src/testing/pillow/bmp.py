"""Writes BMP files of every kind that Pillow reads, and of some that it refuses, which Pillow cannot write itself."""

import random
import struct


def masks(*values):
    return b"".join(struct.pack("<I", value) for value in values)


def bmp(width, height, bits, data, header=40, compression=0, palette=b"", colors=0, extra=b"", gap=b"", offset=None, size=None):
    """`extra`: bytes after the first 40 of the header. `offset` and `size` replace the true values of the file header."""
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, 0, 2835, 2835, colors, 0)
        info += (extra + bytes(header - 40))[: header - 40] if header > 40 else extra
    before = info + palette + gap
    start = 14 + len(before) if offset is None else offset
    length = 14 + len(before) + len(data) if size is None else size
    return b"BM" + struct.pack("<IHHI", length & 0xFFFFFFFF, 0, 0, start) + before + data


def stride(width, bits):
    return (width * bits + 31) // 32 * 4


class Maker:
    def __init__(self):
        self.random = random.Random(7)

    def bytes(self, count):
        return bytes(self.random.randrange(256) for _ in range(count))

    def rows(self, width, height, bits):
        return self.bytes(stride(width, bits) * height)

    def palette(self, colors, entry=4):
        return self.bytes(colors * entry)

    def plain(self):
        """Every depth with every header."""
        for header in (12, 40, 52, 56, 64, 108, 124):
            entry = 3 if header == 12 else 4
            for bits in (1, 4, 8, 16, 24, 32):
                width, height = self.random.randint(1, 9), self.random.randint(1, 4)
                palette = self.palette(2**bits, entry) if bits < 8 else b""
                if bits == 8:
                    palette = self.palette(256, entry) if header in (12, 40) else self.palette(20, entry)
                colors = 20 if bits == 8 and header > 40 else 0
                # The index of a missing color is black.
                yield f"{bits} bits, header of {header}", bmp(width, height, bits, self.rows(width, height, bits), header, 0, palette, colors)

    def masked(self):
        layouts = {
            16: [(0xF800, 0x7E0, 0x1F), (0x7C00, 0x3E0, 0x1F), (0x7C00, 0x3E0, 0x1F, 0x8000), (0xF00, 0xF0, 0xF)],
            24: [(0xFF0000, 0xFF00, 0xFF), (0xFF, 0xFF00, 0xFF0000)],
            32: [
                (0xFF0000, 0xFF00, 0xFF),
                (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
                (0xFF000000, 0xFF0000, 0xFF00),
                (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
                (0xFF000000, 0xFF00, 0xFF),
                (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
                (0, 0, 0),
                (0x3FF00000, 0xFFC00, 0x3FF),
            ],
        }  # fmt: skip
        for bits, all_masks in layouts.items():
            for values in all_masks:
                name = " ".join(f"{value:x}" for value in values)
                for header in (40, 56, 124) if len(values) == 3 else (124,):
                    extra = masks(*values)
                    yield f"{bits} bits in {name}, header of {header}", bmp(3, 2, bits, self.rows(3, 2, bits), header, 3, extra=extra)

    def orders(self):
        for bits in (1, 4, 8, 24):
            palette = self.palette(min(16, 2**bits)) if bits <= 8 else b""
            colors = 16 if bits == 8 else 0
            yield f"{bits} bits from the top", bmp(5, -3, bits, self.rows(5, 3, bits), 40, 0, palette, colors)

    def palettes(self):
        def greys(colors):
            return b"".join(bytes([i, i, i, 0]) for i in range(colors))

        black_and_white = bytes([0, 0, 0, 0, 255, 255, 255, 0])
        yield "256 greys", bmp(6, 2, 8, self.rows(6, 2, 8), palette=greys(256))
        yield "10 greys and larger indices", bmp(6, 2, 8, self.rows(6, 2, 8), palette=greys(10), colors=10)
        yield "16 greys in 4 bits", bmp(9, 2, 4, self.rows(9, 2, 4), palette=greys(16))
        yield "black and white", bmp(9, 2, 1, self.rows(9, 2, 1), palette=black_and_white)
        yield "white and black", bmp(9, 2, 1, self.rows(9, 2, 1), palette=black_and_white[4:] + black_and_white[:4])
        yield "black and white in 8 bits", bmp(9, 2, 8, self.rows(9, 2, 8), palette=black_and_white, colors=2)
        yield "one color", bmp(9, 2, 1, self.rows(9, 2, 1), palette=b"\1\2\3\0", colors=1)
        yield "3 colors in 4 bits", bmp(9, 2, 4, self.rows(9, 2, 4), palette=self.palette(3), colors=3)
        yield "300 colors", bmp(2, 2, 8, self.rows(2, 2, 8), palette=self.palette(300), colors=300)
        yield "70000 colors", bmp(2, 2, 8, self.rows(2, 2, 8), palette=self.palette(4), colors=70000)

    def positions(self):
        small = self.palette(4)
        for name, more in {
            "position 0": {"offset": 0},
            "position behind the header": {"offset": 54},
            "position within the palette": {"offset": 60},
            "position beyond the file": {"offset": 5000},
            "a gap": {"gap": b"gap"},
            "too small a file size": {"size": 3},
            "too large a file size": {"size": 2**32 - 1},
        }.items():
            yield name, bmp(5, 3, 8, bytes(i % 4 for i in range(24)), palette=small, colors=4, **more)
        yield "position 0 with masks", bmp(2, 1, 16, self.rows(2, 1, 16), 40, 3, extra=masks(0xF800, 0x7E0, 0x1F), offset=0)
        yield "no padding after the last row", bmp(3, 2, 24, self.rows(3, 2, 24)[:-3])
        yield "a byte of the last row missing", bmp(3, 2, 24, self.rows(3, 2, 24)[:-4])
        yield "half of the rows", bmp(4, 4, 24, self.rows(4, 2, 24))

    def runs(self):
        palette = self.palette(16)
        for name, data in {
            "runs": [4, 1, 0, 0, 4, 2, 0, 0, 0, 1],
            "literal values": [0, 3, 9, 8, 7, 0, 1, 5, 0, 0, 0, 4, 1, 2, 3, 4, 0, 1],
            "runs beyond the row": [6, 1, 0, 0, 3, 2, 3, 3, 0, 1],
            "a short row": [2, 1, 0, 0, 4, 2, 0, 1],
            "a delta to the right": [1, 1, 0, 2, 2, 0, 1, 2, 0, 0, 4, 3, 0, 1],
            "a delta upwards": [2, 1, 0, 2, 0, 1, 2, 3, 0, 1],
            "a delta beyond the image": [2, 1, 0, 2, 200, 200],
            "an empty row": [0, 0, 4, 2, 0, 1],
            "no end": [4, 1, 0, 0, 4, 2],
            "an early end": [4, 1, 0, 1],
            "an end within a row": [4, 1, 0, 0, 2, 2, 0, 1],
            "a file that ends within literal values": [4, 1, 0, 0, 0, 4, 1, 2],
            "more than the image": [4, 1, 0, 0, 4, 2, 0, 0, 4, 3, 0, 1],
        }.items():
            yield f"RLE8: {name}", bmp(4, 2, 8, bytes(data), 40, 1, palette, 16)
        for name, data in {
            "runs of two values": [5, 0x12, 0, 0, 3, 0x34, 2, 0x56, 0, 1],
            "literal values": [0, 4, 0x12, 0x34, 1, 0x50, 0, 0, 5, 0x67, 0, 1],
            "an odd number of literal values": [0, 5, 0x12, 0x34, 0x50, 0, 0, 0, 5, 0x67, 0, 1],
            "a delta": [1, 0x10, 0, 2, 1, 0, 3, 0x23, 0, 0, 5, 0x34, 0, 1],
            "an early end": [5, 0x12, 0, 1],
        }.items():
            yield f"RLE4: {name}", bmp(5, 2, 4, bytes(data), 40, 2, palette)
        yield "RLE8 from the top", bmp(4, -2, 8, bytes([4, 1, 0, 0, 4, 2, 0, 1]), 40, 1, palette, 16)
        yield "RLE8 of greys", bmp(2, 1, 8, bytes([2, 9, 0, 1]), 40, 1, b"".join(bytes([i, i, i, 0]) for i in range(12)), 12)
        yield "RLE8 in 24 bits", bmp(4, 1, 24, bytes([4, 1, 0, 1]), 40, 1)

    def refused(self):
        for bits in (0, 2, 48):
            yield f"{bits} bits", bmp(2, 2, bits, self.bytes(40))
        for code in (4, 5, 11):
            yield f"compression {code}", bmp(2, 2, 24, self.bytes(16), 40, code)
        yield "header of 16", bmp(2, 2, 24, self.bytes(16), 40)[:14] + struct.pack("<I", 16) + self.bytes(50)
        for width, height in ((0, 2), (2, 0), (-2, 2), (2, -(2**31)), (2**31 - 1, 2), (2, 2**31 - 1), (40000, 40000)):
            yield f"{width} × {height} pixels", bmp(width, height, 24, self.bytes(16))
        yield "40000 × 40000 pixels in a run", bmp(40000, 40000, 8, bytes([4, 1, 0, 1]), 40, 1, self.palette(4), 4)

    def all(self):
        for make in (self.plain, self.masked, self.orders, self.palettes, self.positions, self.runs, self.refused):
            yield from make()
