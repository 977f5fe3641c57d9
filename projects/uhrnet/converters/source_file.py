"""Find the parameters in a file as it was downloaded."""

import gzip
import hashlib
import io
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from .conversion import ConversionError, shown

# Of the source and of what is unpacked. W48 with its head has 0.73 GB.
MAX_BYTES = 2 * 2**30
_CHUNK = 1 << 20

_GZIP, _ZIP, _TAR = b'\x1f\x8b', b'PK\x03\x04', b'ustar'
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
# pax and GNU headers that describe the member after them.
_EXTENDED = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_ARCHIVES = ('.tar', '.gz', '.tgz', '.bz2', '.xz', '.zip')


class SourceFile(NamedTuple):
    """A source and what is to be converted from it.

    Attributes:
        sha256: Hexadecimal checksum of the file itself.
        content: The ``.pdparams`` file, out of its archive.
    """

    sha256: str
    content: bytes


def read_paddle_file(path: str | Path) -> SourceFile:
    """Read a ``.pdparams`` file or a ``.tar.gz`` that holds one.

    Everything stays in memory: no member of an archive is written anywhere.
    The kind of file is told by its contents, not by its name.

    Args:
        path: The file.

    Raises:
        ConversionError: If it is neither, is too large, or is an archive
            with a member that leaves its folder, is a link, a device, or
            another archive.
        OSError: If it cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise ConversionError(
            'it is a folder: name the file'
            if path.is_dir()
            else 'there is no such file: docs/official_weights.md says '
            'where to get it'
        )
    _check_size(path.stat().st_size, 'the file')
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    kind = _archive_kind(data)
    if kind == 'zip':
        raise ConversionError(
            'this is a zip or PyTorch file, no .pdparams: perhaps it is '
            'converted already'
        )
    if kind is not None:
        stream = io.BytesIO(data)
        if kind == 'gzip':
            stream = gzip.GzipFile(fileobj=stream)
        data = _read_member(stream)
        if _archive_kind(data) is not None:
            raise ConversionError(
                'its .pdparams is another archive: unpack it yourself if you '
                'trust it'
            )
    return SourceFile(sha256, data)


def _check_size(size: int, what: str) -> None:
    if not 0 <= size <= MAX_BYTES:
        raise ConversionError(
            f'{what} has {size} bytes; no U-HRNet has more than {MAX_BYTES}'
        )


def _archive_kind(data: bytes) -> str | None:
    if data.startswith(_GZIP):
        return 'gzip'
    if data.startswith(_ZIP):
        return 'zip'
    return 'tar' if data[257:262] == _TAR else None


class _Stream:
    """Read exactly what is asked for, up to ``MAX_BYTES`` in all."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.count = 0

    def read(self, size: int) -> bytes:
        """Read ``size`` bytes.

        Raises:
            EOFError: If there are fewer.
        """
        self.count += size
        _check_size(self.count, 'the unpacked archive')
        data = self.stream.read(size)
        if len(data) < size:
            raise EOFError('it ends too early')
        return data

    def skip(self, size: int) -> None:
        """Read ``size`` bytes and forget them."""
        while size > 0:
            size -= len(self.read(min(size, _CHUNK)))

    def drain(self) -> None:
        """Read to the end, where gzip compares its checksum."""
        while data := self.stream.read(_CHUNK):
            self.count += len(data)
            _check_size(self.count, 'the unpacked archive')


def _read_member(stream: IO[bytes]) -> bytes:
    """Return the one ``.pdparams`` of a tar, with every member checked.

    The standard library takes headers apart. Its ``TarFile`` would also
    follow extended headers, which a file can fill so that it takes hours or
    exhausts the stack; nothing in them matters here, and they are passed over.
    """
    found: list[tuple[str, bytes]] = []
    source = _Stream(stream)
    try:
        while any(block := source.read(tarfile.BLOCKSIZE)):
            member = tarfile.TarInfo.frombuf(block, 'utf-8', 'surrogateescape')
            extended = member.type in _EXTENDED
            if not extended:
                _check_member(member)
            # Other kinds, such as folders, may state a size and have no data.
            has_data = extended or member.type in _PLAIN
            size = member.size if has_data else 0
            _check_size(size, f'the member {shown(member.name)}')
            if _is_wanted(member):
                found.append((shown(member.name), source.read(size)))
            else:
                source.skip(size)
            source.skip(-size % tarfile.BLOCKSIZE)
        source.drain()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise ConversionError(
            'the archive is damaged or incomplete: download or copy it again '
            f'({error})'
        ) from None
    if len(found) != 1:
        raise ConversionError(
            'the archive should hold one .pdparams file and holds '
            f'{len(found)}: {", ".join(name for name, _ in found) or "none"}'
        )
    return found[0][1]


def _is_wanted(member: tarfile.TarInfo) -> bool:
    name = PurePosixPath(member.name)
    return (
        member.type in _PLAIN
        and name.suffix == '.pdparams'
        # macOS puts its own ._model.pdparams beside model.pdparams.
        and not name.name.startswith('._')
    )


def _check_member(member: tarfile.TarInfo) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or '..' in name.parts:
        reason = 'leads out of the folder'
    elif member.issym() or member.islnk():
        reason = f'is a link to {shown(member.linkname)}'
    elif member.type not in (*_PLAIN, tarfile.DIRTYPE):
        reason = 'is neither a plain file nor a folder'
    elif member.type in _PLAIN and name.suffix.lower() in _ARCHIVES:
        reason = 'is another archive'
    else:
        return
    raise ConversionError(
        f'the archive was refused: its member {shown(member.name)} {reason}. '
        'Download it again, or take the .pdparams out of it yourself if you '
        'trust it'
    )
