# Pictures in every form that PNG and JPEG have, what Pillow decodes of them, and what it makes of a picture in other sizes.
# Written to pictures.json beside this file. Needs Pillow (Debian: python3-pil).
#   /usr/bin/python3 test/golden/pictures.py
import base64, hashlib, io, json, os, struct, zlib
from PIL import Image, ImageOps, __version__

def b64(data): return base64.b64encode(data).decode()
def sha(image): return hashlib.sha256(image.tobytes()).hexdigest()

W, H = 13, 9
def pixel(x, y): return ((x * 19) % 256, (y * 28) % 256, ((x ^ y) * 17) % 256)
rgb = Image.new('RGB', (W, H)); rgb.putdata([pixel(x, y) for y in range(H) for x in range(W)])
grey = rgb.convert('L')

def chunk(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
PASSES = [(0,0,8,8),(4,0,8,8),(0,4,4,8),(2,0,4,4),(0,2,2,4),(1,0,2,2),(0,1,1,2)]
def png(kind, bits, sample, extra=b'', interlaced=False, width=W, height=H):
    """A PNG whose pixels are lists of samples, packed by hand: Pillow cannot write all of these."""
    def row(xs, y):
        values = [v for x in xs for v in sample(x, y)]
        if bits == 16: return b'\0' + b''.join(struct.pack('>H', v) for v in values)
        number, out = 0, ''.join(format(v, '0%db' % bits) for v in values)
        out += '0' * (-len(out) % 8)
        return b'\0' + bytes(int(out[i:i+8], 2) for i in range(0, len(out), 8))
    rows = b''
    for x0, y0, dx, dy in (PASSES if interlaced else [(0, 0, 1, 1)]):
        xs = range(x0, width, dx)
        if not len(xs): continue
        for y in range(y0, height, dy): rows += row(xs, y)
    head = struct.pack('>IIBBBBB', width, height, bits, kind, 0, 0, int(interlaced))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + extra + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')

files = {}
def take(name, data, mode=None):
    image = Image.open(io.BytesIO(data)); image.load()
    image = ImageOps.exif_transpose(image)
    if mode: image = image.convert(mode)
    files[name] = dict(file=b64(data), width=image.width, height=image.height, channels=len(image.getbands()), sha256=sha(image))

for bits in (1, 2, 4, 8):
    level = lambda x, y: [(x * 3 + y * 5) % (2 ** bits)]
    # Pillow gives 1 bit as a mode of its own, 2 and 4 bits as L.
    for interlaced in (False, True):
        take('grey %d bits%s' % (bits, ' interlaced' if interlaced else ''), png(0, bits, level, interlaced=interlaced), 'L')
    palette = chunk(b'PLTE', bytes((i * 37) % 256 for i in range(3 * 2 ** bits)))
    for interlaced in (False, True):
        take('palette %d bits%s' % (bits, ' interlaced' if interlaced else ''), png(3, bits, level, palette, interlaced), 'RGB')
take('colours 8 bits', png(2, 8, lambda x, y: list(pixel(x, y))))
take('colours 8 bits interlaced', png(2, 8, lambda x, y: list(pixel(x, y)), interlaced=True))
take('grey and alpha', png(4, 8, lambda x, y: [x * 19, y * 28]))
take('colours and alpha', png(6, 8, lambda x, y: list(pixel(x, y)) + [x * 19]))
take('palette with alpha', png(3, 4, lambda x, y: [(x + y) % 16], chunk(b'PLTE', bytes(i * 5 for i in range(48))) + chunk(b'tRNS', bytes([0, 128]))), 'RGBA')
def saved(image, **how):
    out = io.BytesIO(); image.save(out, **how); return out.getvalue()
for name, image in (('colours', rgb), ('grey', grey)):
    for progressive in (False, True):
        take('jpeg %s%s' % (name, ' progressive' if progressive else ''), saved(image, format='JPEG', quality=80, progressive=progressive))
take('jpeg without subsampling', saved(rgb, format='JPEG', quality=90, subsampling=0))
for orientation in range(1, 9):
    exif = Image.Exif(); exif[274] = orientation
    take('jpeg orientation %d' % orientation, saved(rgb, format='JPEG', quality=80, exif=exif))
refused = {'cmyk': b64(saved(rgb.convert('CMYK'), format='JPEG'))}

sizes = []
for mode, image in (('RGB', rgb), ('L', grey)):
    for size in ((5, 4), (28, 28), (13, 4), (20, 9), (7, 30), (1, 1)):
        colour = (200, 100, 50) if mode == 'RGB' else 120
        sizes.append(dict(mode=mode, width=size[0], height=size[1],
            stretch=sha(image.resize(size, Image.BILINEAR)),
            cover=sha(ImageOps.fit(image, size, Image.BILINEAR)),
            contain=sha(ImageOps.pad(image, size, Image.BILINEAR, color=colour))))
out = dict(source='Pillow ' + __version__, pixels=b64(rgb.tobytes()), grey=b64(grey.tobytes()), width=W, height=H, files=files, refused=refused, sizes=sizes)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pictures.json'), 'w') as file:
    json.dump(out, file, indent=1); file.write('\n')
