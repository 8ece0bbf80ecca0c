"""Makes the files and the expected pixels of TestFilesDecodeAsPILShowsThem: run it in this folder.

Written with Pillow 13.0.0. Expected are the pixels that ImageOps.exif_transpose shows, as hexadecimal bytes, 16-bit samples little-endian.
"""

import io
import json
import struct

from PIL import Image, ImageOps

WIDTH, HEIGHT = 11, 7
index = []


def pattern(x, y, c):
    return (37 * x + 11 * y * y + 90 * c + 5 * x * y) % 256


def draw(mode, value):
    image = Image.new(mode, (WIDTH, HEIGHT))
    image.putdata([value(x, y) for y in range(HEIGHT) for x in range(WIDTH)])
    return image


rgb = draw("RGB", lambda x, y: tuple(pattern(x, y, c) for c in range(3)))
smooth = draw("RGB", lambda x, y: (20 * x, 30 * y, 100 + 5 * x))
grey = draw("L", lambda x, y: pattern(x, y, 0))
bits = draw("1", lambda x, y: 255 * ((x + y) % 3 == 0))
rgba = draw("RGBA", lambda x, y: (pattern(x, y, 0), pattern(x, y, 1), pattern(x, y, 2), 255 * (x < 5) + 128 * (y < 3 and x >= 5)))
palette = rgb.quantize(16)


def add(name, data, mode=None, tolerance=0, alpha=False):
    open("pil/" + name, "wb").write(data)
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if alpha:
        alpha = image.convert("RGBA").getchannel("A").tobytes().hex()
    if mode:
        image = image.convert(mode)
    index.append({
        "file": name, "width": image.width, "height": image.height, "channels": len(image.getbands()),
        "pixels": image.tobytes().hex(), "alpha": alpha or "", "tolerance": tolerance,
    })


def save(image, name, mode=None, tolerance=0, alpha=False, **how):
    out = io.BytesIO()
    image.save(out, name.rsplit(".", 1)[1].replace("jpg", "jpeg").replace("tif", "tiff").replace("tifff", "tiff"), **how)
    add(name, out.getvalue(), mode, tolerance, alpha)
    return out.getvalue()


for turn in range(1, 9):
    exif = Image.Exif()
    exif[274] = turn
    save(smooth, f"turn{turn}.jpg", tolerance=3, quality=95, subsampling=0, exif=exif)
    save(rgb, f"turn{turn}.tif", exif=exif)
save(rgb, "turn6.png", exif=exif if exif.__setitem__(274, 6) is None else None)
save(rgb, "turn6.webp", lossless=True, exif=exif)
for compression in [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"]:
    save(rgb, f"rgb-{compression}.tif", compression=compression)
save(rgb, "big.tif", big_tiff=True)
save(bits, "bits.tif", mode="L")
save(palette, "palette.tif", mode="RGB")
save(rgba, "rgba.tif", mode="RGB", alpha=True)
save(rgba.getchannel("A").convert("LA"), "grey-alpha.tif", mode="L")
save(draw("I;16", lambda x, y: 257 * pattern(x, y, 0)), "sixteen.tif")
save(rgba, "rgba.png", mode="RGB", alpha=True)
save(rgb, "rgb.bmp")
save(grey, "grey.bmp")
save(bits, "bits.bmp", mode="L")
save(palette, "palette.bmp", mode="RGB")
save(rgb, "rgb.webp", lossless=True)
save(rgba, "rgba.webp", mode="RGB", alpha=True, lossless=True, exact=True)
save(smooth.resize((64, 48)), "smooth.webp", tolerance=6, quality=95)
save(palette, "palette.gif", mode="RGB")
cmyk = save(smooth.convert("CMYK"), "cmyk.jpg", mode="RGB", tolerance=4, quality=95)
at = cmyk.index(b"\xff\xee")  # Adobe's marker, which not all programs write
add("cmyk-without-adobe.jpg", cmyk[:at] + cmyk[at + 2 + struct.unpack(">H", cmyk[at + 2:at + 4])[0]:], mode="RGB", tolerance=4)

json.dump(index, open("pil/index.json", "w"), indent=0)
