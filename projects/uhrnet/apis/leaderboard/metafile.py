"""Read and write a metafile in one form, so that a rewrite changes nothing."""

import re
from pathlib import Path

import yaml

from uhrnet.errors import DataError

Rows = dict[str, dict]  # of metafiles, by their names

_ENTRY = re.compile(r'  - Name: (.*)')


class Metafile:
    """A ``metafile.yml`` in the form of OpenMMLab's model index.

    Comments are kept at the head of the file and above an entry. Anywhere
    else they are an error, as they would be lost.

    Args:
        path: The file, which need not exist.

    Attributes:
        path: The file.
        collections: Dicts of what models are grouped by.
        models: Dicts, one for each config.

    Raises:
        DataError: If the file is no metafile.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.collections: list[dict] = []
        self.models: list[dict] = []
        self._head: list[str] = []
        self._comments: dict[str, list[str]] = {}
        if path.exists():
            self._read(path.read_text())

    def _read(self, text: str) -> None:
        try:
            content = yaml.load(text, _LOADER)
            self.collections = content['Collections']
            self.models = content['Models'] or []
        except (yaml.YAMLError, TypeError, KeyError) as error:
            raise DataError(
                f'{self.path} is no metafile with Collections and Models: '
                f'{error}'
            ) from error
        for entry in (*self.collections, *self.models):
            if not (isinstance(entry, dict) and entry.get('Name')):
                raise DataError(f'{self.path}: an entry without Name: {entry}')
        pending, started = [], False
        for number, line in enumerate(text.splitlines(), 1):
            if line.lstrip().startswith('#'):
                pending.append(line)
                continue
            entry = _ENTRY.fullmatch(line)
            if not started and line:
                self._head, pending, started = pending, [], True
            elif entry and pending:
                self._comments[yaml.safe_load(entry[1])] = pending
                pending = []
            elif line.strip() and pending:
                raise DataError(
                    f'{self.path}, line {number}: move the comment above to '
                    'the head of the file or of an entry'
                )

    def row(self, name: str) -> dict | None:
        """Return the model of this name, if there is one."""
        for row in self.models:
            if row['Name'] == name:
                return row
        return None

    def text(self) -> str:
        """Return the file in its one form, models by their names."""
        lines = [*self._head, 'Collections:']
        for index, entry in enumerate(self.collections):
            lines += [''] if index else []
            lines += self._entry(entry)
        lines += ['', 'Models:']
        for entry in sorted(self.models, key=lambda row: row['Name']):
            lines += self._entry(entry)
        return '\n'.join(lines) + '\n'

    def _entry(self, entry: dict) -> list[str]:
        text = yaml.dump(
            [entry],
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            width=77,
        )
        lines = ['  ' + line for line in text.splitlines()]
        return [*self._comments.get(entry['Name'], []), *lines]


_LOADER = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)


class _Dumper(yaml.SafeDumper):
    """Lists indented below their key, no anchors."""

    def increase_indent(
        self, flow: bool = False, indentless: bool = False
    ) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        return True
