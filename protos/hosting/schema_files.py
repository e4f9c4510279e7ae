"""Linkage schemas by name or from a file.

Layer: protos.hosting.
"""

from pathlib import Path

from crypto.encoding.schema import BUILT_IN_SCHEMAS, LinkageSchema, load_built_in_schema, parse_schema
from crypto.errors import InputError
from protos.hosting.files import read_file


def load_schema(name: str) -> LinkageSchema:
    """Return a built-in schema by its name, or the one in a file.

    Raises:
        InputError: There is neither, or the file is no linkage schema; the message names file and path.
    """
    if name in BUILT_IN_SCHEMAS:
        return load_built_in_schema(name)
    path = Path(name)
    if not path.is_file():
        raise InputError(
            f"expected a built-in schema ({', '.join(BUILT_IN_SCHEMAS)}) or a file, "
            f"got {name}, which is neither"
        )
    try:
        return parse_schema(read_file(path))
    except InputError as error:
        raise InputError(f"{path.name}: {error.public_message}") from error
