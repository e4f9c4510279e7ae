"""Typed configuration from a TOML file; unknown keys are refused.

Layer: protos.hosting. Threat: a misspelt setting that silently leaves a default in force.
"""

import json
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from crypto.errors import InputError
from protos.hosting.files import read_file, write_file


class Config(BaseModel):
    """Base of a service's configuration: frozen, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


C = TypeVar("C", bound=Config)


def load_config(kind: type[C], path: Path) -> C:
    """Read and validate a configuration file.

    Raises:
        InputError: The file is missing, is not TOML, or a key is unknown or out of bounds.
    """
    try:
        return kind.model_validate(tomllib.loads(read_file(path).decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected UTF-8 TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{path}: setting {where}: {first['msg']}") from error


def store_config(config: Config, path: Path, *, heading: str) -> None:
    """Write a flat configuration as TOML with a one-line heading."""
    lines = [f"# {heading}", *(f"{key} = {_toml(value)}" for key, value in config.model_dump().items())]
    write_file(path, ("\n".join(lines) + "\n").encode())


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # a TOML string, number, boolean or array of them
