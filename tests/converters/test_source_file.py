"""Finding the .pdparams in what was downloaded."""

import gzip
import hashlib
import io
import random
import tarfile

import pytest

from uhrnet.converters import source_file
from uhrnet.converters.conversion import ConversionError
from uhrnet.converters.source_file import read_paddle_file

CONTENT = b'\x80\x04}.'


def member(name, content=CONTENT, **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def tar(*members, compress=gzip.compress):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return compress(buffer.getvalue())


@pytest.fixture
def read(tmp_path):
    def read(data, name='model.tar.gz'):
        path = tmp_path / name
        path.write_bytes(data)
        before = sorted(tmp_path.rglob('*'))
        try:
            return read_paddle_file(path)
        finally:
            assert sorted(tmp_path.rglob('*')) == before
            path.unlink()

    return read


def test_plain_file(read):
    found = read(CONTENT, 'model.pdparams')
    assert found.content == CONTENT
    assert found.sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_archive(read):
    data = tar(
        member('uhrnet', b'', type=tarfile.DIRTYPE),
        member('uhrnet/train.log', b'text'),
        member('uhrnet/._model.pdparams', b'macOS'),
        member('./uhrnet/model.pdparams'),
    )
    found = read(data)
    assert found.content == CONTENT
    assert found.sha256 == hashlib.sha256(data).hexdigest()


def test_archive_by_any_name_and_uncompressed(read):
    assert read(tar(member('a.pdparams')), 'x.pdparams').content == CONTENT
    data = tar(member('a.pdparams'), compress=bytes)
    assert read(data, 'model.tar').content == CONTENT


@pytest.mark.parametrize(
    'first, reason',
    [
        (member('../evil.pdparams'), 'leads out'),
        (member('a/../../evil'), 'leads out'),
        (member('/etc/evil'), 'leads out'),
        (
            member('l', b'', type=tarfile.SYMTYPE, linkname='/etc/passwd'),
            'is a link to /etc/passwd',
        ),
        (member('l', b'', type=tarfile.LNKTYPE, linkname='a'), 'is a link'),
        (member('d', b'', type=tarfile.CHRTYPE), 'neither a plain file'),
        (member('p', b'', type=tarfile.FIFOTYPE), 'neither a plain file'),
        (member('inner.tar.gz', tar(member('a'))), 'another archive'),
        (member('inner.ZIP', b'PK'), 'another archive'),
    ],
    ids=[
        'parent', 'inside', 'absolute', 'symlink', 'hardlink', 'device',
        'fifo', 'nested', 'zip',
    ],
)  # fmt: skip
@pytest.mark.parametrize('last', [False, True], ids=['first', 'last'])
def test_members_that_are_refused(read, first, reason, last):
    members = [first, member('model.pdparams')]
    with pytest.raises(ConversionError, match=reason):
        read(tar(*(members[::-1] if last else members)))


def test_archive_that_calls_itself_pdparams(read):
    inner = tar(member('model.pdparams'))
    with pytest.raises(ConversionError, match='is another archive'):
        read(tar(member('model.pdparams', inner)))


def test_number_of_pdparams(read):
    with pytest.raises(ConversionError, match='holds 0: none'):
        read(tar(member('readme.txt')))
    with pytest.raises(ConversionError, match='holds 2: a.pdparams, b.pd'):
        read(tar(member('a.pdparams'), member('b.pdparams')))


def test_pytorch_file(read):
    with pytest.raises(ConversionError, match='PyTorch file'):
        read(b'PK\x03\x04...', 'model.pdparams')


def test_damaged_archives(read):
    data = tar(member('model.pdparams', bytes(range(256)) * 400))
    for broken in (data[:40], data[:-20], data[:100] + b'xx' + data[102:]):
        with pytest.raises(ConversionError, match='archive is damaged'):
            read(broken)
    with pytest.raises(ConversionError, match='archive is damaged'):
        read(gzip.compress(b'no tar'))


def test_sizes_are_limited(read, monkeypatch):
    monkeypatch.setattr(source_file, 'MAX_BYTES', 100_000)
    with pytest.raises(ConversionError, match='the file has 100001 bytes'):
        read(bytes(100_001))
    # Little compressed, much unpacked: by its header, or when it is read.
    with pytest.raises(ConversionError, match='has 200000 bytes'):
        read(tar(member('model.pdparams', bytes(200_000))))
    many = [member(f'{i}.txt', bytes(50_000)) for i in range(9)]
    with pytest.raises(ConversionError, match='unpacked archive has'):
        read(tar(*many, member('model.pdparams')))


def test_header_that_promises_more_than_there_is(read):
    info, _ = member('model.pdparams')
    info.size = 1 << 40
    with pytest.raises(ConversionError, match='has 1099511627776 bytes'):
        read(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024)))


def test_sparse_members(read):
    """A kilobyte that unpacks to any size of zeros."""
    info, _ = member('model.pdparams', type=tarfile.GNUTYPE_SPARSE)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:482] = b'00000000000\0' * 8
    header[482] = 0
    header[483:495] = b'17777777777\0'
    header[148:156] = b' ' * 8
    header[148:156] = f'{sum(header):06o}\0 '.encode()
    with pytest.raises(ConversionError, match='neither a plain file'):
        read(gzip.compress(bytes(header) + bytes(2048)))


def test_what_is_no_file(tmp_path):
    with pytest.raises(ConversionError, match='no such file'):
        read_paddle_file(tmp_path / 'absent.pdparams')
    with pytest.raises(ConversionError, match='is a folder'):
        read_paddle_file(tmp_path)


@pytest.mark.parametrize('place', ['content', 'checksum'])
def test_one_flipped_bit(read, place):
    """tarfile alone never reads as far as gzip's checksum."""
    content = random.Random(0).randbytes(500_000)
    data = bytearray(tar(member('model.pdparams', content)))
    assert read(bytes(data)).content == content
    data[len(data) // 2 if place == 'content' else -6] ^= 4
    with pytest.raises(ConversionError, match='archive is damaged'):
        read(bytes(data))


def test_extended_headers_are_passed_over(read):
    """What bsdtar and Python write, and what takes tarfile hours."""
    info, _ = member('uhrnet/model.pdparams')
    info.pax_headers = {'mtime': '1.5', 'comment': 'x' * 3000}
    info.mtime = 1.5
    data = info.tobuf(tarfile.PAX_FORMAT)
    assert data[156:157] == tarfile.XHDTYPE
    body = CONTENT.ljust(512, b'\0') + bytes(1024)
    assert read(gzip.compress(data + body)).content == CONTENT

    evil = tarfile.TarInfo('pax')
    evil.type = tarfile.XHDTYPE
    text = b'1 hdrcharset=' * 40_000
    evil.size = len(text)
    header = evil.tobuf() + text + bytes(-len(text) % 512)
    plain = tarfile.TarInfo('model.pdparams')
    plain.size = len(CONTENT)
    chain = header * 30 + plain.tobuf() + body
    assert read(gzip.compress(chain)).content == CONTENT


def test_two_members_of_one_name(read):
    twice = [member('model.pdparams')] * 2
    with pytest.raises(ConversionError, match='holds 2: model.pdparams, m'):
        read(tar(*twice))


def test_negative_size(read):
    header = bytearray(member('model.pdparams')[0].tobuf())
    header[124:136] = b'\xff' * 12
    header[148:156] = b' ' * 8
    header[148:156] = f'{sum(header):06o}\0 '.encode()
    with pytest.raises(ConversionError, match='has -1 bytes'):
        read(gzip.compress(bytes(header) + bytes(2048)))


def test_names_cannot_take_over_a_terminal(read):
    with pytest.raises(ConversionError) as error:
        read(tar(member('../x\x1b[2J\nfake: converted' + 'y' * 5000)))
    message = str(error.value)
    assert message.isprintable() and len(message) < 300
