"""Commands about the member's own records: ``load`` and ``encode``.

Layer: node, shell.
"""

from pathlib import Path
from typing import Annotated

import typer

from node.commands_join import HomeOption, JsonOption
from protos.hosting.terminal import errors, explained_errors, out, print_json, print_next


def load(
    folder: Annotated[Path, typer.Argument(help="Folder with nominal.csv and the other files you may load.")],
    home: HomeOption,
    as_json: JsonOption = False,
) -> None:
    """Check a folder of CSV files and load it, all or nothing; the same folder twice adds nothing.

    Example: clew-node load export/ --home essex
    """
    from node.context import open_node
    from node.home import NodeHome
    from node.ingest.load import KNOWN_FILES, load_folder

    with explained_errors(), open_node(NodeHome(home)) as node:
        with errors.status(f"checking and storing the files of {folder}"):
            counts = load_folder(node, folder)
        unread = sorted({path.name for path in folder.iterdir()} - KNOWN_FILES)
        if unread:
            errors.print(
                f"Not read: {', '.join(unread)}. Clew reads {', '.join(sorted(KNOWN_FILES))}, "
                "spelt exactly so.",
                markup=False,
                soft_wrap=True,
            )
        if as_json:
            print_json(
                {
                    name: {"added": count.added, "changed": count.changed, "unchanged": count.unchanged}
                    for name, count in counts.items()
                }
            )
            return
        for name, count in counts.items():
            if count.added or count.changed or count.unchanged:
                out.print(
                    f"{name}: {count.added:,} added, {count.changed:,} changed, {count.unchanged:,} unchanged"
                )
        print_next(f"clew-node status --home {home} shows how many people take part in rounds")


def encode(
    people: Annotated[Path, typer.Argument(help="CSV file whose columns are the schema's identifiers.")],
    schema: Annotated[Path, typer.Option(help="clkhash version 3 linkage schema.")],
    key_file: Annotated[Path, typer.Option(help="File whose bytes are the secret.")],
    output: Annotated[Path, typer.Option("--out", "-o", help="Where to write the encodings.")],
) -> None:
    """Encode a file offline into anonlink-client's JSON, byte for byte as clkhash does.

    Example: clew-node encode people.csv --schema schema.json --key-file secret.key -o out.json
    """
    import json

    from crypto.encoding.interchange import encode_csv
    from protos.hosting.files import read_file, write_private

    with explained_errors():
        encoded = encode_csv(read_file(schema), read_file(key_file), read_file(people), name=people.name)
        write_private(output, json.dumps(encoded).encode())
        out.print(
            f"Wrote {len(encoded['clks'])} encodings to {output}; they are personal data: keep them so."
        )
