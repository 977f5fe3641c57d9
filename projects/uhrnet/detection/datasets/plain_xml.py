"""A look at an annotation before it is taken for one."""

from collections import Counter
from xml.parsers import expat

from uhrnet.errors import DataError

# A list of ten thousand objects has some 4 MB.
MAX_BYTES = 2**26
MAX_DEPTH = 50


def check_plain_xml(content: bytes, path: str) -> Counter[str]:
    """Refuse XML with entities of its own, or elements without end.

    Entities multiply: a kilobyte can expand to gigabytes. Annotations have
    none, nor a declaration of a document type, where they are defined.

    Args:
        content: The file's bytes.
        path: Its name, for the message.

    Returns:
        How often each element is there, directly below the root.

    Raises:
        DataError: If it declares a type, or is nested deeper than 50.
        xml.parsers.expat.ExpatError: If it is no XML.
    """
    found: Counter[str] = Counter()
    depth = 0

    def declare(*_: object) -> None:
        raise DataError(
            f'{path} declares a document type (<!DOCTYPE>), which no '
            'annotation needs: remove the declaration'
        )

    def start(name: str, _: dict) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise DataError(
                f'{path} has elements nested deeper than {MAX_DEPTH}: it is '
                'no annotation'
            )
        if depth == 2:
            found[name] += 1

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declare
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(content, True)
    return found
