"""Small images of each kind, and next to each the bytes of Pillow's convert("RGB") of it (NAME.rgb); of
the exif images turned upright.

usage: make_images.py OUTDIR   (made with Pillow 12.3 and NumPy)
"""
import os, struct, sys, zlib
import numpy as np
from PIL import Image, ImageOps

os.chdir(sys.argv[1])
g = np.random.default_rng(1)
H, W = 17, 23
yy, xx = np.mgrid[0:H, 0:W]
s = np.stack([127 + 100 * np.sin(xx / 5 + yy / 9), 127 + 100 * np.cos(xx / 7 - yy / 4), (xx * 5 + yy * 3) % 256], -1)
s = s.clip(0, 255).astype(np.uint8)
im, grey, alpha = Image.fromarray(s), Image.fromarray(s).convert('L'), Image.fromarray(((xx * 11) % 256).astype(np.uint8))


def with_alpha(image):
    image = image.copy()
    image.putalpha(alpha)
    return image


def png16(name, samples, colour_type):
    rows = b''.join(b'\0' + row.astype('>u2').tobytes() for row in samples)
    chunk = lambda kind, data: struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    header = struct.pack('>IIBBBBB', samples.shape[1], samples.shape[0], 16, colour_type, 0, 0, 0)
    open(name, 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(rows))
                           + chunk(b'IEND', b''))


im.save('rgb.png'), im.save('rgb.bmp'), grey.save('grey.png'), grey.save('grey.jpg'), grey.save('grey.bmp')
im.save('full_chroma.jpg', subsampling=0), im.save('half_chroma.jpg'), im.save('progressive.jpg', progressive=True)
im.convert('1').save('bits.png'), with_alpha(im).save('alpha.png'), with_alpha(grey).save('grey_alpha.png')
p = im.convert('P', palette=Image.ADAPTIVE, colors=17)
p.save('palette.png'), p.save('palette.gif'), p.save('palette.bmp'), p.save('palette_clear.gif', transparency=3)
p.save('palette_alpha.png', transparency=bytes(range(0, 170, 10)))
im.save('colour_key.png', transparency=tuple(int(v) for v in s[0, 0]))
Image.fromarray((xx * 13 + yy).astype(np.uint16)).save('grey16.png')
png16('rgb16.png', g.integers(0, 65536, (H, W, 3)), 2), png16('alpha16.png', g.integers(0, 65536, (H, W, 4)), 6)
im.convert('CMYK').save('cmyk.jpg'), im.convert('CMYK').save('cmyk.tif')
data = bytearray(open('cmyk.jpg', 'rb').read())
data[data.index(b'Adobe') + 11] = 2
open('ycck.jpg', 'wb').write(data)
exif = Image.Exif()
for orientation in range(1, 9):
    exif[0x112] = orientation
    im.save(f'exif{orientation}.jpg', exif=exif, subsampling=0)
for name in sorted(os.listdir('.')):
    if name.split('.')[-1] in ('png', 'jpg', 'gif', 'bmp', 'tif'):
        image = Image.open(name)
        image = ImageOps.exif_transpose(image) if name.startswith('exif') else image
        open(name + '.rgb', 'wb').write(np.asarray(image.convert('RGB')).tobytes())
