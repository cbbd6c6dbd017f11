"""Images of every kind whose pixels hosts can disagree about. `cases(seed)` yields (name, bytes)."""

import io
import zlib

import numpy as np
from PIL import Image

from containers import (
    chunk,
    gif,
    image_of,
    png,
    saved,
    tiff,
    webp_chunks,
    webp_extended,
    webp_file,
    webp_frame,
)
from jpeg import JFIF, adobe, jpeg, segment


def picture(rng, width, height, channels=3, top=255):
    """Smooth shapes with noise, [height, width, channels]."""
    y, x, c = np.meshgrid(range(height), range(width), range(channels), indexing="ij")
    waves = np.sin(x / 2 + 2 * c + rng.uniform(0, 6)) + np.cos(y / 2 - c + rng.uniform(0, 6))
    mixed = 0.5 + 0.2 * waves + rng.uniform(-0.2, 0.2, waves.shape)
    return np.rint(mixed.clip(0, 1) * top).astype(np.uint16 if top > 255 else np.uint8)


def planes(rng, width, height, count=3):
    return picture(rng, width, height, count).transpose(2, 0, 1)


SAMPLING = {
    "444": [(1, 1), (1, 1), (1, 1)],
    "422": [(2, 1), (1, 1), (1, 1)],
    "420": [(2, 2), (1, 1), (1, 1)],
    "440": [(1, 2), (1, 1), (1, 1)],
    "411": [(4, 1), (1, 1), (1, 1)],
    "410": [(4, 2), (1, 1), (1, 1)],
    "mixed": [(2, 2), (2, 1), (1, 2)],
    "tall": [(1, 4), (1, 1), (1, 1)],
    "444 of 2x1": [(2, 1), (2, 1), (2, 1)],
    "444 of 1x2": [(1, 2), (1, 2), (1, 2)],
    "chroma larger": [(1, 1), (2, 2), (2, 2)],
}


def narrow_jpegs(rng):
    for name, sampling in SAMPLING.items():
        for width in (1, 2, 3, 4, 5, 6):
            if width > 2 and name in ("444", "tall", "444 of 2x1", "444 of 1x2", "chroma larger"):
                continue
            height = int(rng.integers(1, 6))
            yield f"JPEG {name}, {width} wide", jpeg(planes(rng, width, height), sampling, before=JFIF)
        width, height = (int(v) for v in rng.integers(5, 20, 2))
        yield f"JPEG {name}", jpeg(planes(rng, width, height), sampling, before=JFIF)
    for subsampling, name in enumerate(("444", "422", "420")):
        for width in (2, 3, 4, 5, int(rng.integers(6, 20))):
            image = image_of(picture(rng, width, int(rng.integers(1, 12))))
            options = {"quality": 90, "subsampling": subsampling, "progressive": True}
            yield f"progressive JPEG {name}, {width} wide", saved(image, "JPEG", **options)


def jpeg_colors(rng):
    def three(name, **options):
        width, height = (int(v) for v in rng.integers(4, 12, 2))
        return name, jpeg(planes(rng, width, height), **options)

    def four(name, **options):
        width, height = (int(v) for v in rng.integers(4, 12, 2))
        return name, jpeg(planes(rng, width, height, 4), **options)

    yield three("JPEG without markers")
    yield three("JPEG, ids 0 1 2", ids=[0, 1, 2])
    yield three("JPEG, ids R G B", ids=[82, 71, 66])
    yield three("JPEG, ids r g b", ids=[114, 103, 98])
    yield three("JPEG with JFIF, ids R G B", ids=[82, 71, 66], before=JFIF)
    yield three("JPEG, Adobe RGB", before=adobe(0))
    yield three("JPEG, Adobe YCbCr", before=adobe(1))
    yield three("JPEG, Adobe transform 2", before=adobe(2))
    yield three("JPEG with JFIF and Adobe RGB", before=JFIF + adobe(0))
    yield three("JPEG, Adobe RGB, 420", before=adobe(0), sampling=SAMPLING["420"])
    yield "grey JPEG", jpeg(planes(rng, 9, 7, 1), before=JFIF)
    yield "grey JPEG, sampling 2x2", jpeg(planes(rng, 19, 11, 1), [(2, 2)], before=JFIF)
    yield "grey JPEG, Adobe", jpeg(planes(rng, 9, 7, 1), before=adobe(0))
    yield four("JPEG of 4 components without markers")
    yield four("CMYK JPEG, Adobe", before=adobe(0))
    yield four("YCCK JPEG, Adobe", before=adobe(2))
    yield four("CMYK JPEG, Adobe transform 1", before=adobe(1))
    yield four("CMYK JPEG with JFIF", before=JFIF)
    yield four("CMYK JPEG with JFIF and Adobe", before=JFIF + adobe(0))
    yield four("YCCK JPEG, 420", before=adobe(2), sampling=[(2, 2), (1, 1), (1, 1), (2, 2)])
    yield four("YCCK JPEG, 422", before=adobe(2), sampling=[(2, 1), (1, 1), (1, 1), (2, 1)])
    ink = image_of(picture(rng, 11, 8, 4), "CMYK")
    yield "CMYK JPEG by Pillow", saved(ink, "JPEG", quality=90)
    yield "progressive CMYK JPEG", saved(ink, "JPEG", quality=90, progressive=True)


def exif_segment(block):
    return segment(0xE1, b"Exif\0\0" + block)


def xmp(orientation, attribute=True):
    tag = f'tiff:Orientation="{orientation}"' if attribute else f"><tiff:Orientation>{orientation}</tiff:Orientation"
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {tag}/></x:xmpmeta>'.encode()


def xmp_segment(body):
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + body)


def turned_jpegs(rng):
    def turned(name, before, width=7, height=4, sampling=None):
        return f"JPEG turned: {name}", jpeg(planes(rng, width, height), sampling, before=before)

    for orientation in range(10):
        yield turned(f"orientation {orientation}", JFIF + exif_segment(tiff(orientation)))
    for orientation in (3, 5, 6, 8):
        yield turned(f"{orientation}, 420", JFIF + exif_segment(tiff(orientation)), 13, 10, SAMPLING["420"])
    for kind in (1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16):
        yield turned(f"type {kind}", exif_segment(tiff(6, kind)))
        if kind in (1, 4, 5, 8, 11):
            yield turned(f"type {kind}, big endian", exif_segment(tiff(6, kind, ">")))
    yield turned("big endian", exif_segment(tiff(8, 3, ">")))
    yield turned("large LONG", exif_segment(tiff(0x60000, 4, ">")))
    yield turned("two values", exif_segment(tiff(6, 3, count=2)))
    yield turned("three values", exif_segment(tiff(6, 3, count=3)))
    yield turned("first tag", exif_segment(tiff(6, entries_before=0)))
    yield turned("swapped magic", exif_segment(tiff(6, header=b"II\0*")))
    block = tiff(6, entries_before=4)
    yield turned("in two segments", exif_segment(block[:30]) + exif_segment(block[30:]))
    yield turned("twice", exif_segment(tiff(6)) + exif_segment(tiff(8)))
    yield turned("prefix twice", segment(0xE1, b"Exif\0\0Exif\0\0" + tiff(6)))
    profile = segment(0xE2, b"ICC_PROFILE\0\x01\x01" + bytes(40))
    yield turned("after a profile", JFIF + profile + exif_segment(tiff(6)))
    yield turned("XMP", xmp_segment(xmp(6)))
    yield turned("XMP element", xmp_segment(xmp(8, False)))
    yield turned("XMP after EXIF without it", exif_segment(tiff(1)[:10]) + xmp_segment(xmp(6)))
    yield turned("EXIF before XMP", exif_segment(tiff(8)) + xmp_segment(xmp(6)))
    yield turned("EXIF 0 before XMP", exif_segment(tiff(0)) + xmp_segment(xmp(6)))
    yield turned("XMP 9", xmp_segment(xmp(9)))
    yield turned("cut off", exif_segment(tiff(6)[:26]))
    yield turned("cut off after the tag", exif_segment(tiff(6)[:34]))
    yield turned("padded marker", JFIF + b"\xff\xff" + exif_segment(tiff(6)))
    yield "JPEG turned: grey", jpeg(planes(rng, 7, 4, 1), before=exif_segment(tiff(6)))
    yield "JPEG turned: CMYK", jpeg(planes(rng, 7, 4, 4), before=adobe(0) + exif_segment(tiff(5)))
    yield "JPEG turned: square", jpeg(planes(rng, 6, 6), before=exif_segment(tiff(6)))
    yield "JPEG turned: thin", jpeg(planes(rng, 3, 9), SAMPLING["420"], before=exif_segment(tiff(8)))


def palette_of(rng, count):
    return bytes(rng.integers(0, 256, 3 * count, dtype=np.uint8))


def pngs(rng):
    def size():
        return (int(v) for v in rng.integers(3, 12, 2))

    kinds = {0: ("grey", 1), 2: ("RGB", 3), 3: ("palette", 1), 4: ("grey and alpha", 2), 6: ("RGBA", 4)}
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    for color, (name, channels) in kinds.items():
        for depth in depths[color]:
            samples = picture(rng, *size(), channels, 2**depth - 1)
            plte = chunk(b"PLTE", palette_of(rng, 2**depth)) if color == 3 else b""
            for interlaced in (False, True):
                label = f"PNG {name}, {depth} bits" + (", interlaced" if interlaced else "")
                yield label, png(samples, depth, color, plte, interlaced=interlaced)
            if color in (0, 2):
                key = samples[0, 0].astype(">u2").tobytes()
                yield f"PNG {name}, {depth} bits, tRNS", png(samples, depth, color, chunk(b"tRNS", key))
            if color == 3:
                alpha = bytes(rng.integers(0, 256, 2**depth, dtype=np.uint8))
                yield f"PNG palette, {depth} bits, alpha", png(samples, depth, 3, plte + chunk(b"tRNS", alpha))
                yield f"PNG palette, {depth} bits, one alpha", png(samples, depth, 3, plte + chunk(b"tRNS", b"\0"))
    samples = picture(rng, *size(), 1, 255)
    yield "PNG with a short palette", png(samples, 8, 3, chunk(b"PLTE", palette_of(rng, 100)))
    small = picture(rng, *size(), 3, 700)
    yield "PNG grey, 16 bits, small values", png(small[:, :, :1], 16, 0)
    rgba = picture(rng, 9, 5, 4)
    rgba[:, :, 3] = [[0, 1, 2, 3, 128, 200, 254, 255, 0]] * 5
    yield "PNG RGBA, faint", png(rgba, 8, 6)
    rgb = picture(rng, 8, 6)
    for name, extra in {
        "gamma": chunk(b"gAMA", (100000).to_bytes(4, "big")),
        "gamma and primaries": chunk(b"gAMA", (45455).to_bytes(4, "big"))
        + chunk(b"cHRM", b"".join(v.to_bytes(4, "big") for v in (31270, 32900, 70000, 30000, 17000, 79700, 13100, 4600))),
        "sRGB": chunk(b"sRGB", b"\0"),
        "significant bits": chunk(b"sBIT", b"\x05\x06\x05"),
        "background": chunk(b"bKGD", bytes(6)),
        "coding of a film": chunk(b"cICP", bytes([9, 16, 0, 1])),
        "broken profile": chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(200))),
        "one frame": chunk(b"acTL", bytes([0, 0, 0, 1, 0, 0, 0, 0])),
    }.items():
        yield f"PNG with {name}", png(rgb, 8, 2, extra)
        if name in ("gamma", "coding of a film", "significant bits"):
            yield f"PNG RGBA, 16 bits, with {name}", png(picture(rng, 5, 4, 4, 65535), 16, 6, extra)
    frames = [image_of(picture(rng, 7, 5)) for _ in range(3)]
    yield "animated PNG", saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    yield "animated PNG after its image", saved(
        frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=True
    )


def raw_profile(block):
    text = (b"Exif\0\0" + block).hex()
    lines = [text[i : i + 72] for i in range(0, len(text), 72)]
    return "\n".join(["", "exif", f"{len(text) // 2:8d}", *lines, ""]).encode()


def turned_pngs(rng):
    def turned(name, before, after=b""):
        return f"PNG turned: {name}", png(picture(rng, 6, 4), 8, 2, before, after)

    for orientation in (1, 2, 3, 4, 5, 6, 7, 8, 0, 9):
        yield turned(f"orientation {orientation}", chunk(b"eXIf", tiff(orientation)))
    yield turned("after the image", b"", chunk(b"eXIf", tiff(6, 4, ">")))
    yield turned("with EXIF's prefix", chunk(b"eXIf", b"Exif\0\0" + tiff(6)))
    profile = raw_profile(tiff(6))
    yield turned("raw profile", chunk(b"tEXt", b"Raw profile type exif\0" + profile))
    yield turned("compressed raw profile", chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile)))
    yield turned("raw profile after the image", b"", chunk(b"tEXt", b"Raw profile type exif\0" + profile))
    yield turned("raw profile and eXIf", chunk(b"tEXt", b"Raw profile type exif\0" + profile) + chunk(b"eXIf", tiff(8)))
    yield turned("raw profile APP1", chunk(b"tEXt", b"Raw profile type APP1\0" + profile))
    for packed in (False, True):
        body = zlib.compress(xmp(6)) if packed else xmp(6)
        text = b"XML:com.adobe.xmp\0" + (b"\x01\0" if packed else b"\0\0") + b"\0\0" + body
        yield turned("compressed XMP" if packed else "XMP", chunk(b"iTXt", text))
    yield turned("EXIF 1 and XMP", chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)) + chunk(b"eXIf", tiff(1)))
    yield "PNG turned: palette", png(
        picture(rng, 6, 4, 1, 15), 4, 3, chunk(b"PLTE", palette_of(rng, 16)) + chunk(b"eXIf", tiff(7))
    )
    yield "PNG turned: RGBA", png(picture(rng, 6, 4, 4), 8, 6, chunk(b"eXIf", tiff(5)))
    yield "PNG turned: grey 16", png(picture(rng, 6, 4, 1, 500), 16, 0, chunk(b"eXIf", tiff(8)))


ALPHA, EXIF, XMP_FLAG, ANIMATION, PROFILE = 0x10, 0x08, 0x04, 0x02, 0x20


def webps(rng):
    def image(channels, width=9, height=7):
        pixels = picture(rng, width, height, channels)
        if channels == 4:
            pixels[: height // 2, : width // 2, 3] = 0
        return image_of(pixels, "RGBA" if channels == 4 else "RGB")

    for name, options in {
        "lossy": {"quality": 80},
        "lossy, best": {"quality": 100},
        "lossless": {"lossless": True, "exact": True},
    }.items():
        for channels in (3, 4):
            width, height = (int(v) for v in rng.integers(1, 20, 2))
            alpha = " with alpha" if channels == 4 else ""
            yield f"WebP {name}{alpha}", saved(image(channels, width, height), "WEBP", **options)
            chunks = [c for c in webp_chunks(image(channels), **options) if c[0] != b"VP8X"]
            flag = ALPHA if channels == 4 else 0
            head = webp_extended(flag | EXIF, 9, 7)
            turned = webp_file([head, *chunks, (b"EXIF", tiff(6))])
            yield f"WebP {name}{alpha}, turned", turned
            yield f"WebP {name}{alpha}, extended", webp_file([webp_extended(flag, 9, 7), *chunks])
            if channels == 4:
                yield f"WebP {name}, alpha without its flag", webp_file([webp_extended(0, 9, 7), *chunks])
    opaque = webp_chunks(image(3), lossless=True)
    head = webp_extended(EXIF, 9, 7)
    for orientation in (1, 2, 3, 4, 5, 7, 8, 0, 9):
        yield f"WebP turned: orientation {orientation}", webp_file([head, *opaque, (b"EXIF", tiff(orientation, 3, ">"))])
    prefixed = (b"EXIF", b"Exif\0\0" + tiff(6))
    yield "WebP turned: prefix", webp_file([head, *opaque, prefixed])
    yield "WebP turned: EXIF first", webp_file([head, (b"EXIF", tiff(6)), *opaque])
    yield "WebP with EXIF but no flag", webp_file([webp_extended(0, 9, 7), *opaque, (b"EXIF", tiff(6))])
    yield "WebP with EXIF twice", webp_file([head, *opaque, (b"EXIF", tiff(6)), (b"EXIF", tiff(8))])
    yield "simple WebP with EXIF", webp_file([*opaque, (b"EXIF", tiff(6))])
    yield "WebP turned: XMP", webp_file([webp_extended(XMP_FLAG, 9, 7), *opaque, (b"XMP ", xmp(6))])
    yield "WebP with XMP but no flag", webp_file([webp_extended(0, 9, 7), *opaque, (b"XMP ", xmp(6))])
    profile = (b"ICCP", bytes(130))
    yield "WebP with a profile", webp_file([webp_extended(PROFILE, 9, 7), profile, *opaque])
    frames = [image(4), image(4), image(3)]
    yield "animated WebP", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True, exact=True)
    yield "animated lossy WebP", saved(frames[2], "WEBP", save_all=True, append_images=frames[1:], quality=80)
    animation = b"ANIM", bytes([10, 200, 30, 255, 0, 0])
    for name, channels, options in (("lossless", 4, {"lossless": True, "exact": True}), ("lossy", 4, {"quality": 80})):
        chunks = [c for c in webp_chunks(image(channels, 5, 4), **options) if c[0] != b"VP8X"]
        frame = webp_frame(2, 4, 5, 4, chunks)
        full = webp_frame(0, 0, 9, 9, [c for c in webp_chunks(image(3, 9, 9), quality=80)])
        flags = ANIMATION | ALPHA
        yield f"animated {name} WebP, small first frame", webp_file([webp_extended(flags, 9, 9), animation, frame, full])
    yield "animated WebP, turned", webp_file(
        [webp_extended(flags | EXIF, 9, 9), animation, frame, full, (b"EXIF", tiff(6))]
    )


def colors_of(rng, count):
    return [tuple(int(v) for v in rng.integers(0, 256, 3)) for _ in range(count)]


def gifs(rng):
    def indices(width, height, top):
        return picture(rng, width, height, 1, top)[:, :, 0]

    palette = colors_of(rng, 16)
    for interlaced in (False, True):
        for height in (1, 3, 7, 12):
            name = f"GIF, {height} rows" + (", interlaced" if interlaced else "")
            frame = {"indices": indices(9, height, 15), "interlaced": interlaced, "bits": 4}
            yield name, gif((9, height), [frame], palette)
    whole = {"indices": indices(9, 7, 15), "bits": 4}
    yield "GIF, transparent", gif((9, 7), [{**whole, "transparent": int(whole["indices"][0, 0])}], palette)
    part = {"indices": indices(4, 3, 15), "left": 3, "top": 2}
    yield "GIF, small first frame", gif((9, 7), [part], palette, background=5)
    yield "GIF, small transparent first frame", gif((9, 7), [{**part, "transparent": 6}], palette, background=5)
    yield "GIF, frame beyond the screen", gif((5, 4), [part], palette)
    yield "GIF, transparent frame beyond the screen", gif((5, 4), [{**part, "transparent": 200}], palette)
    yield "GIF, local palette", gif((9, 7), [{**whole, "palette": colors_of(rng, 16)}], palette)
    yield "GIF, only a local palette", gif((9, 7), [{**part, "palette": colors_of(rng, 16)}])
    yield "GIF without palettes", gif((9, 7), [{"indices": indices(9, 7, 255)}])
    yield "GIF without palettes, transparent", gif((9, 7), [{**part, "transparent": 77}])
    greys = [(i, i, i) for i in range(16)]
    yield "GIF, palette of indices", gif((9, 7), [{"indices": indices(9, 7, 255)}], greys)
    yield "GIF, local palette of indices", gif((9, 7), [{**whole, "palette": greys}], palette)
    yield "GIF, indices beyond the palette", gif((9, 7), [{"indices": indices(9, 7, 255)}], palette)
    yield "GIF, transparent index beyond the palette", gif((9, 7), [{**part, "transparent": 99}], palette)
    for disposal in (1, 2, 3):
        yield f"GIF, disposal {disposal}", gif((9, 7), [{**part, "disposal": disposal, "transparent": 3}, whole], palette)
    yield "animated GIF", gif((9, 7), [whole, part], palette)
    yield "GIF, two bits", gif((9, 7), [{"indices": indices(9, 7, 3), "bits": 2}], palette[:4])
    image = image_of(picture(rng, 40, 30)).quantize(256)
    yield "GIF by Pillow", saved(image, "GIF")
    noise = Image.fromarray(rng.integers(0, 4, (60, 60), dtype=np.uint8), "P")
    noise.putpalette([c for color in palette[:4] for c in color])
    yield "GIF by Pillow, long codes", saved(noise, "GIF", interlace=True)


def cases(seed):
    for kind, make in enumerate((narrow_jpegs, jpeg_colors, turned_jpegs, pngs, turned_pngs, webps, gifs)):
        yield from make(np.random.default_rng([seed, kind]))
