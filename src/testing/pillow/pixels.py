"""
Writes the images of cases.py and the pixels that Pillow gives for them.

    python3 pixels.py                    # pixels.json: the files, and hashes of their pixels, for the tests
    python3 pixels.py FOLDER SEED …      # for comparing by hand: every file, and its pixels in a .rgb file

The pixels are those of torchvision's pil_loader after EXIF: ImageOps.exif_transpose(Image.open(f)).convert("RGB").
"""

import base64
import hashlib
import io
import json
import sys
import warnings
from pathlib import Path

import PIL
from cases import cases
from PIL import Image, ImageOps

warnings.simplefilter("ignore")


def pixels(data):
    return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")


def write_stored(path):
    stored = []
    for name, data in cases(0):
        image = pixels(data)
        size = {"width": image.width, "height": image.height}
        sha256 = hashlib.sha256(image.tobytes()).hexdigest()
        stored.append({"name": name, "file": base64.b64encode(data).decode(), **size, "sha256": sha256})
    lines = ",\n".join(json.dumps(case) for case in stored)
    path.write_text(f'{{"pillow": "{PIL.__version__}", "cases": [\n{lines}\n]}}\n')
    print(len(stored), "cases,", path.stat().st_size, "bytes")


def write_folder(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for seed in seeds:
        for number, (name, data) in enumerate(cases(seed)):
            base = f"{seed}-{number}"
            (folder / base).write_bytes(data)
            try:
                image = pixels(data)
            except Exception as error:
                listed.append({"base": base, "name": name, "error": repr(error)})
                continue
            (folder / f"{base}.rgb").write_bytes(image.tobytes())
            listed.append({"base": base, "name": name, "width": image.width, "height": image.height})
    (folder / "list.json").write_text(json.dumps(listed))
    print(len(listed), "cases", [c for c in listed if "error" in c])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_folder(Path(sys.argv[1]), [int(seed) for seed in sys.argv[2:]])
    else:
        write_stored(Path(__file__).with_name("pixels.json"))
