"""A data set from the packed copy of another one."""

from collections.abc import Callable, Sequence
from pathlib import Path

from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from .pack_format import FILES, read_index


@DATASETS.register_module()
class PackedDataset(BaseSegDataset):
    """The samples of another data set, decoded once and for all.

    ``tools/dataset_converters/pack.py`` writes the copy. Classes, palette and
    label map are those of the original. The pipeline starts with
    ``LoadPackedSample`` in place of what loads images and label maps.

    Args:
        data_root: Folder of the copy, of one split.
        pipeline: Steps, the first of which loads.
        test_mode: As in mmengine's ``BaseDataset``.
        indices: Take these samples, or as many from the first one on.

    Raises:
        DataError: If the copy is missing, incomplete or of another version.
    """

    def __init__(
        self,
        data_root: str,
        pipeline: Sequence[dict | Callable] = (),
        test_mode: bool = False,
        indices: int | Sequence[int] | None = None,
    ) -> None:
        self._index = read_index(Path(data_root))
        # Nothing else: mmengine opens what strings in it name.
        metainfo = {
            k: v
            for k, v in self._index['metainfo'].items()
            if k in ('classes', 'palette', 'flip_pairs')
        }
        metainfo['classes'] = tuple(metainfo['classes'])
        super().__init__(
            data_root=data_root,
            metainfo=metainfo,
            reduce_zero_label=self._index['reduce_zero_label'],
            ignore_index=self._index['ignore_index'],
            pipeline=pipeline,
            test_mode=test_mode,
            indices=indices,
        )

    def get_label_map(
        self, new_classes: Sequence[str] | None = None
    ) -> dict[int, int] | None:
        """Return that of the original; ``new_classes`` are its own."""
        pairs = self._index['label_map']
        return None if pairs is None else dict(pairs)

    def load_data_list(self) -> list[dict]:
        """List the samples, with the keys of the original's."""
        return [
            dict(
                img_path=entry['img_path'],
                seg_map_path=entry['seg_map_path'],
                label_map=self.label_map,
                reduce_zero_label=self.reduce_zero_label,
                seg_fields=[],
                packed=dict(
                    root=self.data_root,
                    shape=tuple(entry['shape']),
                    **{kind: entry[kind]['offset'] for kind in FILES},
                ),
            )
            for entry in self._index.pop('samples')
        ]
