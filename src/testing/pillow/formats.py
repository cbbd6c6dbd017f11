"""
Makes files of every kind and stores what Pillow reads from them: python3 src/testing/pillow/formats.py. Needs Pillow and
numpy. The tests read the stored results and need neither.
"""

import base64
import hashlib
import io
import json
import pathlib
import sys
import warnings

import PIL
from PIL import Image

from bmp import Maker
from files import all_files

warnings.simplefilter("ignore")


def result(file):
    """Size and hash of the pixels as RGB; the error's text where Pillow reads no image."""
    try:
        image = Image.open(io.BytesIO(file)).convert("RGB")
    except Exception as error:
        # Addresses in memory differ each time.
        return {"error": str(error).split(" <")[0]}
    return {"width": image.width, "height": image.height, "sha256": hashlib.sha256(image.tobytes()).hexdigest()}


def stored(cases):
    return [{"name": name, "file": base64.b64encode(file).decode(), **result(file)} for name, file in cases]


def write(name, cases):
    path = pathlib.Path(__file__).parent / f"{name}.json"
    rows = ",\n".join(json.dumps(case, ensure_ascii=False) for case in stored(cases))
    path.write_text(f'{{"pillow": "{PIL.__version__}", "cases": [\n{rows}\n]}}\n', encoding="utf8")
    print(path.name, path.stat().st_size, file=sys.stderr)


write("bmp", Maker().all())
write("files", all_files())
