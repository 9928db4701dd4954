"""Damage to files, by a seed: to any bytes, and to the parts of a format with its check sums mended.

A change at random seldom gets past a check sum or the names in a file. So that the code behind them is reached, what
has parts is taken apart, changed and put together again.
"""

import io
import re
import struct
import zipfile
import zlib
from random import Random

EXTREMES = (0, 1, 2, 3, 7, 8, 16, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 20_000, 10**9, 2**31 - 1, 2**31,
            2**32 - 1, 2**63, 2**64 - 1)  # fmt: skip
TOKENS = (
    b"", b"0", b"1", b"-1", b"0.5", b"119", b"161", b"1e9", b"1e308", b"1e999", b"-0", b"nan", b"inf", b"9" * 5000,
    b"18446744073709551616", b"null", b"true", b"[]", b"{}", b'""', b"[" * 3000, b"<a>" * 3000, b"rbc", b"plt", b"\xff",
    b"\0", b"\xed\xa0\x80", b"\xe2\x80\xae", b"../../a", b"/etc/passwd", b"&a;", b"x" * 50_000, b",", b"\n", b'"',
)  # fmt: skip
"""What takes the place of a number or a word in a text."""

Parts = list[tuple[bytes, bytes]]
"""Name and content of each part of a file."""


def mutate(data: bytes, name: str, dice: Random) -> bytes:
    """Damage the content of a file; six times in ten as its format is built, if that is known."""
    change = next((each for ending, each in STRUCTURED.items() if name.lower().endswith(ending)), None)
    if change is None or dice.random() < 0.4:
        return damage(data, dice)
    try:
        return change(data, dice)
    except (ValueError, IndexError, struct.error, zlib.error, zipfile.BadZipFile):  # built otherwise than we know
        return damage(data, dice)


def damage(data: bytes, dice: Random) -> bytes:
    """Change, cut, insert, repeat or overwrite bytes, most of all near the start, where sizes stand."""
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 4, 16])):
        if not changed:
            break
        at = dice.randrange(min(len(changed), 600) if dice.random() < 0.6 else len(changed))
        n = dice.choice([1, 2, 4, 16, 256])
        kind = dice.randrange(8)
        if kind == 0:
            changed[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            changed[at] = dice.choice([0, 1, 127, 128, 255])
        elif kind == 2:
            number = struct.pack(dice.choice("<>") + "Q", dice.choice(EXTREMES))
            size = dice.choice([2, 4, 8])
            changed[at : at + size] = number[:size] if dice.random() < 0.5 else number[-size:]
        elif kind == 3:
            del changed[at : at + n]
        elif kind == 4:
            changed[at:at] = dice.randbytes(n)
        elif kind == 5:
            changed[at:at] = changed[at : at + n]
        elif kind == 6:
            source = dice.randrange(len(changed))
            changed[at : at + n] = changed[source : source + n]
        else:
            del changed[dice.randrange(len(changed)) :]
    return bytes(changed)


def change_parts(parts: Parts, dice: Random) -> Parts:
    """Damage, repeat, drop, move or rename parts."""
    parts = list(parts)
    for _ in range(dice.choice([1, 1, 2, 3])):
        at, other = dice.randrange(len(parts)), dice.randrange(len(parts))
        name, content = parts[at]
        kind = dice.randrange(6)
        if kind < 2:
            parts[at] = name, damage(content, dice)
        elif kind == 2:
            parts.insert(other, parts[at])
        elif kind == 3 and len(parts) > 1:
            del parts[at]
        elif kind == 4:
            parts[at], parts[other] = parts[other], parts[at]
        else:
            parts[at] = parts[other][0], content
    return parts


def png(data: bytes, dice: Random) -> bytes:
    """Change the chunks of a PNG, or the pixels in them; check sums are right again."""
    parts, at = [], 8
    while at < len(data):
        (n,) = struct.unpack_from(">I", data, at)
        parts.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + n]))
        at += 12 + n
    if dice.random() < 0.3:
        at = next(n for n, (name, _) in enumerate(parts) if name == b"IDAT")
        parts[at] = b"IDAT", zlib.compress(damage(zlib.decompress(parts[at][1]), dice))
    else:
        parts = change_parts(parts, dice)
    sums = (struct.pack(">I", zlib.crc32(name + content)) for name, content in parts)
    chunks = (struct.pack(">I", len(content)) + name + content for name, content in parts)
    return data[:8] + b"".join(chunk + check for chunk, check in zip(chunks, sums, strict=True))


def jpeg(data: bytes, dice: Random) -> bytes:
    """Change the segments of a JPEG; their lengths are right again."""
    parts, at = [], 2
    while at < len(data) and data[at + 1] != 0xDA:
        (n,) = struct.unpack_from(">H", data, at + 2)
        parts.append((data[at : at + 2], data[at + 4 : at + 2 + n]))
        at += 2 + n
    segments = (name + struct.pack(">H", len(content) + 2) + content for name, content in change_parts(parts, dice))
    scan = data[at:] if dice.random() < 0.7 else damage(data[at:], dice)
    return data[:2] + b"".join(segments) + scan


def webp(data: bytes, dice: Random) -> bytes:
    """Change the chunks of a WebP; their lengths are right again."""
    parts, at = [], 12
    while at < len(data):
        (n,) = struct.unpack_from("<I", data, at + 4)
        parts.append((data[at : at + 4], data[at + 8 : at + 8 + n]))
        at += 8 + n + n % 2
    chunks = (
        name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
        for name, content in change_parts(parts, dice)
    )
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(data: bytes, dice: Random) -> bytes:
    """Change tags of a TIFF: which tag, its type, how many values it has, the value or where it is."""
    changed = bytearray(data)
    order = "<" if data[:2] == b"II" else ">"
    is_big = 43 in data[2:4]
    offset, number, head, step = ("Q", "Q", 8, 20) if is_big else ("I", "H", 2, 12)
    entries = []
    (at,) = struct.unpack_from(order + offset, data, 8 if is_big else 4)
    while at and len(entries) < 200:
        (n,) = struct.unpack_from(order + number, data, at)
        entries += [at + head + step * each for each in range(n)]
        (at,) = struct.unpack_from(order + offset, data, at + head + step * n)
    for _ in range(dice.choice([1, 1, 2, 3])):
        entry, other = dice.choice(entries), dice.choice(entries)
        value = entry + step - struct.calcsize(offset)
        kind = dice.randrange(6)
        if kind == 0:
            changed[entry : entry + 2] = data[other : other + 2]
        elif kind == 1:
            struct.pack_into(order + "H", changed, entry + 2, dice.choice([0, 1, 2, 3, 4, 5, 7, 12, 13, 16, 99]))
        elif kind == 2:
            struct.pack_into(order + "I", changed, entry + 4, dice.choice(EXTREMES) & 0xFFFFFFFF)
        elif kind == 3:
            struct.pack_into(order + "I", changed, value, dice.choice(EXTREMES) & 0xFFFFFFFF)
        elif kind == 4:
            struct.pack_into(order + "I", changed, value, dice.randrange(len(data)))
        else:
            known = (0, 1, 2, 3, 4, 5, 6, 7, 8, 32, 64, 161, 20_000, 32_773, 34_712, 34_925, 50_000, 50_001)
            struct.pack_into(order + "H", changed, value, dice.choice(known))
    return bytes(changed)


def archive(data: bytes, dice: Random) -> bytes:
    """Change the files in a ZIP archive; their check sums are right again."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        parts = [(name.encode(), opened.read(name)) for name in opened.namelist()]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in change_parts(parts, dice):
            entry = zipfile.ZipInfo(dice.choice(["../a.roi", "/a.roi"]) if dice.random() < 0.05 else name.decode())
            if entry.filename not in made.namelist():
                made.writestr(entry, content, dice.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    return file.getvalue()


def text(data: bytes, dice: Random) -> bytes:
    """Put something else in the place of numbers, words and signs of JSON, XML, TOML, CSV or plain text."""
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        found = list(re.finditer(rb"[-+.\w]+|[\[\]{}<>,:\"=]", data))
        if not found:
            break
        old, other = dice.choice(found), dice.choice(found)
        new = other[0] if dice.random() < 0.3 else dice.choice(TOKENS)
        data = data[: old.start()] + new + data[old.end() :]
    if dice.random() < 0.05:
        data = data.decode("utf-8", "replace").encode("utf-16")
    return data


STRUCTURED = {
    ".png": png,
    ".jpg": jpeg,
    ".webp": webp,
    **dict.fromkeys((".tif", ".btf", ".svs", ".bif", ".ndpi", ".scn"), tiff),
    **dict.fromkeys((".zip", ".xlsx"), archive),
    **dict.fromkeys((".json", ".geojson", ".xml", ".csv", ".toml", ".txt", ".zattrs", ".zarray", ".zgroup"), text),
}
"""Ending of a name → what knows how such a file is built."""
