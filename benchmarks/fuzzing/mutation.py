"""Damage of many kinds, some of it by somebody who knows the format."""

import copy
import gzip
import io
import json
import pickletools
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from xml.etree import ElementTree

_XML_WORDS = (
    b'<!DOCTYPE x [<!ENTITY a "b">]>', b'&a;', b'&#0;', b'<object>', b'</',
    b'<a>' * 5000, b'\xff\xfe', b'<?xml version="1.0" encoding="utf-7"?>',
    b'<![CDATA[', b'<name/>', b'\0',
)  # fmt: skip
_XML_TEXTS = (
    None, '', 'x', 'dog', '0', '-1', '1e308', 'nan', 'inf', '9' * 5000, '3.7',
    '99999999999', '1_0', ' 7 ', '\u0663', '1048577', '-1e30', 'x' * 5000,
)  # fmt: skip
Mutate = Callable[[random.Random, bytes], bytes]

_NUMBERS = (0, 1, 2, 127, 128, 255, 256, 32767, 65535, 2**24, 2**31 - 1,
            2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1)  # fmt: skip
_VALUES = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, -(2**40), 0.5, 1e308,
    float('nan'), float('inf'), '', 'x', '1', '\0', '../../x', '/etc/passwd',
    'http://x/y', '\x1b[2J', 'x' * 5000, [], {}, [[]], [None], [0] * 6,
    [1e9] * 6, [{}], {'': None}, {'size': [9, 9], 'counts': 'ooo'},
)  # fmt: skip


def mutate_bytes(
    rng: random.Random, data: bytes, tokens: tuple[bytes, ...] = ()
) -> bytes:
    """Edit at up to four places, without regard for a format."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(data) + 1)
        match rng.randrange(7):
            case 0:
                data[place : place + 1] = bytes([rng.randrange(256)])
            case 1 if place < len(data):
                data[place] ^= 1 << rng.randrange(8)
            case 2:
                del data[place : place + rng.choice((1, 1, 2, 8, 100))]
            case 3:
                part = data[place : place + rng.choice((1, 4, 50, 500))]
                data[place:place] = part * rng.choice((1, 2, 50))
            case 4 if tokens:
                data[place:place] = rng.choice(tokens)
            case 5 if tokens:
                token = rng.choice(tokens)
                data[place : place + len(token)] = token
            case _:
                size = rng.choice((1, 2, 4, 8))
                value = rng.choice(_NUMBERS) % 256**size
                order = rng.choice(('little', 'big'))
                data[place : place + size] = value.to_bytes(size, order)
    return bytes(data)


def with_tokens(*tokens: bytes) -> Mutate:
    """Make a mutation that knows some words of a format."""
    return lambda rng, data: mutate_bytes(rng, data, tokens)


def mutate_json(rng: random.Random, data: bytes) -> bytes:
    """Put other values in places of a JSON, or remove some."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_bytes(rng, data)
    if rng.random() < 0.2:
        return mutate_bytes(rng, data, (b'[' * 3000, b'NaN', b'\xff', b'{'))
    for _ in range(rng.randint(1, 3)):
        content = _mutate_value(rng, content)
    return json.dumps(content).encode('utf-8', 'surrogatepass')


def _mutate_value(rng: random.Random, value: object) -> object:
    places = list(range(len(value))) if isinstance(value, list) else []
    if isinstance(value, dict):
        places = [*value]
    if not places or rng.random() < 0.1:
        return copy.deepcopy(rng.choice(_VALUES))
    place = rng.choice(places)
    if rng.random() < 0.1:
        del value[place]
    else:
        value[place] = _mutate_value(rng, value[place])
    return value


def mutate_xml(rng: random.Random, data: bytes) -> bytes:
    """Put other texts into elements of an XML, remove or repeat some."""
    if rng.random() < 0.2:
        return mutate_bytes(rng, data, _XML_WORDS)
    try:
        tree = ElementTree.fromstring(data)
    except (ElementTree.ParseError, LookupError, ValueError):
        return mutate_bytes(rng, data, _XML_WORDS)
    for _ in range(rng.randint(1, 3)):
        parents = [x for x in tree.iter() if len(x)]
        if not parents:
            break
        parent = rng.choice(parents)
        child = rng.choice([*parent])
        match rng.randrange(5):
            case 0:
                parent.remove(child)
            case 1:
                parent.append(child)
            case 2:
                child.tag = rng.choice(('x', 'size', 'object', 'xmin'))
            case _:
                child.text = rng.choice(_XML_TEXTS)
    return ElementTree.tostring(tree, encoding='utf-8')


def pickled(words: tuple[bytes, ...]) -> Mutate:
    """Make a mutation of a pickle's instructions, and of what follows."""

    def run(rng: random.Random, data: bytes) -> bytes:
        if rng.random() < 0.4:
            return mutate_bytes(rng, data, words)
        file, starts = io.BytesIO(data), []
        # The format before the zip begins with five of them.
        for _ in range(5):
            try:
                before = file.tell()
                for _, _, place in pickletools.genops(file):
                    starts.append(place)
            except (ValueError, IndexError, KeyError, OverflowError):
                file.seek(before)
                break
        if len(starts) < 2:
            return mutate_bytes(rng, data, words)
        ends = [*starts[1:], file.tell()]
        parts = [data[a:b] for a, b in zip(starts, ends, strict=True)]
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(parts))
            match rng.randrange(5):
                case 0:
                    parts[place] = b''
                case 1:
                    parts[place] *= rng.choice((2, 2, 3, 2000))
                case 2:
                    parts[place] = rng.choice(parts)
                case 3:
                    parts[place] += rng.choice(words)
                case _:
                    parts[place] = mutate_bytes(rng, parts[place])
        return b''.join(parts) + data[ends[-1] :]

    return run


def mutate_png(rng: random.Random, data: bytes) -> bytes:
    """Change a chunk of a PNG, and its checksum with it."""
    if rng.random() < 0.3 or len(data) < 45:
        return mutate_bytes(rng, data)
    chunks, place = [], 8
    while place + 12 <= len(data):
        (length,) = struct.unpack_from('>I', data, place)
        name = data[place + 4 : place + 8]
        chunks.append((name, data[place + 8 : place + 8 + length]))
        place += 12 + length
    if not chunks:
        return mutate_bytes(rng, data)
    index = rng.randrange(len(chunks))
    name, content = chunks[index]
    if name == b'IDAT' and rng.random() < 0.5:
        content = zlib.compress(mutate_bytes(rng, bytes(50)))
    elif content:
        content = mutate_bytes(rng, content)
    chunks[index] = name, content
    return data[:8] + b''.join(
        struct.pack('>I', len(content))
        + name
        + content
        + struct.pack('>I', zlib.crc32(name + content))
        for name, content in chunks
    )


def zipped(mutate: Mutate) -> Mutate:
    """Make a mutation of a zip's members, whose checksums fit then."""

    def run(rng: random.Random, data: bytes) -> bytes:
        if rng.random() < 0.3:
            return mutate_bytes(rng, data)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = [(x, archive.read(x)) for x in archive.namelist()]
        # zipfile raises many kinds for damaged files.
        except Exception:
            return mutate_bytes(rng, data)
        changed = rng.randrange(len(members) or 1)
        target = io.BytesIO()
        method = rng.choice((zipfile.ZIP_STORED,) * 4 + (zipfile.ZIP_BZIP2,))
        with zipfile.ZipFile(target, 'w', method) as archive:
            for index, (name, content) in enumerate(members):
                if index == changed:
                    content = mutate(rng, content)
                archive.writestr(name, content)
        return target.getvalue()

    return run


def gzipped(rng: random.Random, data: bytes) -> bytes:
    """Mutate what a gzip holds, or the gzip."""
    if rng.random() < 0.3:
        return mutate_bytes(rng, data)
    try:
        data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return mutate_bytes(rng, data)
    return gzip.compress(mutate_tar(rng, data), 1)


def mutate_tar(rng: random.Random, data: bytes) -> bytes:
    """Change a header of a tar, and its checksum with it."""
    if rng.random() < 0.3 or len(data) < 512:
        return mutate_bytes(rng, data)
    data = bytearray(data)
    blocks = len(data) // 512
    start = 512 * rng.choice((0, rng.randrange(blocks)))
    header = data[start : start + 512]
    # name, mode, size, type, name of a link, magic
    place = rng.choice((0, 0, 100, 124, 124, 156, 156, 157, 257))
    word = rng.choice(
        (b'../../x', b'/x', b'77777777777', b'-1', b'2', b'1', b'3', b'L',
         b'x', b'g', b'S', b'\x80' + b'\xff' * 11, b'\0' * 12)
    )  # fmt: skip
    header[place : place + len(word)] = word
    total = sum(header[:148]) + sum(header[156:]) + 8 * 32
    header[148:156] = b'%06o\0 ' % total
    data[start : start + 512] = header
    return bytes(data)
