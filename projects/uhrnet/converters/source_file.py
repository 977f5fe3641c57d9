"""Find the parameters in a file as it was downloaded."""

import gzip
import hashlib
import io
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from .conversion import ConversionError

# Of the source and of what is unpacked. W48 with its head has 0.73 GB.
MAX_BYTES = 2 * 2**30

_GZIP, _ZIP, _TAR = b'\x1f\x8b', b'PK\x03\x04', b'ustar'
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
        raise FileNotFoundError('there is no such file')
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
    if size > MAX_BYTES:
        raise ConversionError(
            f'{what} has {size} bytes; no U-HRNet has more than {MAX_BYTES}'
        )


def _archive_kind(data: bytes) -> str | None:
    if data.startswith(_GZIP):
        return 'gzip'
    if data.startswith(_ZIP):
        return 'zip'
    return 'tar' if data[257:262] == _TAR else None


class _Limited:
    """A stream that gives up after ``MAX_BYTES``, against zip bombs."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.count = 0

    def read(self, size: int) -> bytes:
        """Read up to ``size`` bytes."""
        data = self.stream.read(size)
        self.count += len(data)
        _check_size(self.count, 'the unpacked archive')
        return data


def _read_member(stream: IO[bytes]) -> bytes:
    """Return the one ``.pdparams`` of a tar, with every member checked."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=_Limited(stream), mode='r|') as archive:
            for member in archive:
                _check_member(member)
                name = PurePosixPath(member.name)
                # macOS puts its own ._model.pdparams beside model.pdparams.
                if (
                    member.isfile()
                    and name.suffix == '.pdparams'
                    and not name.name.startswith('._')
                ):
                    found[member.name] = archive.extractfile(member).read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise ConversionError(
            'the archive is damaged or incomplete: download or copy it again '
            f'({error})'
        ) from None
    if len(found) != 1:
        raise ConversionError(
            'the archive should hold one .pdparams file and holds '
            f'{len(found)}: {", ".join(found) or "none"}'
        )
    (content,) = found.values()
    return content


def _check_member(member: tarfile.TarInfo) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or '..' in name.parts:
        reason = 'leads out of the folder'
    elif member.issym() or member.islnk():
        reason = f'is a link to {member.linkname}'
    elif not (member.isfile() or member.isdir()) or member.issparse():
        reason = 'is neither a plain file nor a folder'
    elif member.isfile() and name.suffix.lower() in _ARCHIVES:
        reason = 'is another archive'
    else:
        _check_size(member.size, f'the member {member.name}')
        return
    raise ConversionError(
        f'the archive was refused: its member {member.name} {reason}'
    )
