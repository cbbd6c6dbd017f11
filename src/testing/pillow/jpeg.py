"""Writes baseline JPEGs with any number of components, sampling factors, component ids and markers, which Pillow cannot write."""

import struct

import numpy as np

ZIGZAG = [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
          28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61,
          54, 47, 55, 62, 63]  # fmt: skip

# Huffman codes of fixed lengths: 4 bits for the 12 sizes of DC values, 8 bits for the AC symbols that an image uses.
DC_SYMBOLS = list(range(12))

COSINES = np.array(
    [[np.sqrt((1 if u == 0 else 2) / 8) * np.cos((2 * x + 1) * u * np.pi / 16) for x in range(8)] for u in range(8)]
)


def segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


class Bits:
    def __init__(self):
        self.text = []

    def put(self, value, count):
        self.text.append(format(value, f"0{count}b") if count else "")

    def bytes(self):
        text = "".join(self.text)
        text += "1" * (-len(text) % 8)
        raw = bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))
        return raw.replace(b"\xff", b"\xff\x00")


def signed(value):
    size = int(abs(value)).bit_length()
    return size, (value if value >= 0 else value + (1 << size) - 1)


def ac_tokens(coefficients):
    """The AC symbols of a block of 64 quantized coefficients in zigzag order, each with its value."""
    run, tokens = 0, []
    for value in coefficients[1:]:
        if value == 0:
            run += 1
            continue
        tokens += [(0xF0, 0)] * (run // 16)
        tokens.append((run % 16 << 4 | int(abs(value)).bit_length(), value))
        run = 0
    return tokens + ([(0, 0)] if run else [])


def put_block(bits, coefficients, before, symbols):
    """Writes one block. Returns its DC value."""
    size, code = signed(coefficients[0] - before)
    bits.put(DC_SYMBOLS.index(size), 4)
    bits.put(code, size)
    for symbol, value in ac_tokens(coefficients):
        bits.put(symbols.index(symbol), 8)
        size, code = signed(value)
        bits.put(code, size)
    return coefficients[0]


def blocks_of(plane, across, down, step):
    """Quantized blocks [down, across, 64] of a plane, which is padded by its last column and row."""
    padded = np.pad(plane, ((0, down * 8 - plane.shape[0]), (0, across * 8 - plane.shape[1])), mode="edge")
    tiles = padded.reshape(down, 8, across, 8).transpose(0, 2, 1, 3).astype(float) - 128
    transformed = np.rint(COSINES @ tiles @ COSINES.T / step).astype(int)
    return transformed.reshape(down, across, 64)[:, :, ZIGZAG].clip(-1023, 1023)


def shrink(plane, x, y):
    """Averages x by y pixels into one."""
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % y), (0, -width % x)), mode="edge")
    return padded.reshape(padded.shape[0] // y, y, padded.shape[1] // x, x).mean(axis=(1, 3))


def jpeg(planes, sampling=None, ids=None, before=b"", step=6):
    """
    planes: [components, height, width], as stored; sampling: (horizontal, vertical) factors of each component;
    ids: its id; before: segments after the first marker.
    """
    count, height, width = planes.shape
    sampling = sampling or [(1, 1)] * count
    ids = ids or list(range(1, count + 1))
    most_x, most_y = max(h for h, _ in sampling), max(v for _, v in sampling)
    across, down = -(-width // (8 * most_x)), -(-height // (8 * most_y))
    if count == 1:
        sampling = [(1, 1)]
        across, down = -(-width // 8), -(-height // 8)
    blocks = [
        blocks_of(shrink(plane, most_x // h, most_y // v) if count > 1 else plane, across * h, down * v, step)
        for plane, (h, v) in zip(planes, sampling)
    ]
    symbols = sorted({s for part in blocks for block in part.reshape(-1, 64) for s, _ in ac_tokens(list(block))})
    bits = Bits()
    dc = [0] * count
    for row in range(down):
        for column in range(across):
            for c, (h, v) in enumerate(sampling):
                for y in range(v):
                    for x in range(h):
                        dc[c] = put_block(bits, list(blocks[c][row * v + y, column * h + x]), dc[c], symbols)
    frame = struct.pack(">BHHB", 8, height, width, count)
    frame += b"".join(bytes([i, h << 4 | v, 0]) for i, (h, v) in zip(ids, sampling))
    huffman = bytes([0x00]) + bytes([0, 0, 0, 12] + [0] * 12) + bytes(DC_SYMBOLS)
    huffman += bytes([0x10]) + bytes([0] * 7 + [len(symbols)] + [0] * 8) + bytes(symbols)
    scan = bytes([count]) + b"".join(bytes([i, 0]) for i in ids) + bytes([0, 63, 0])
    return (
        b"\xff\xd8" + before + segment(0xDB, b"\0" + bytes([step] * 64)) + segment(0xC0, frame) + segment(0xC4, huffman)
        + segment(0xDA, scan) + bits.bytes() + b"\xff\xd9"
    )  # fmt: skip


JFIF = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")


def adobe(transform):
    return segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))
