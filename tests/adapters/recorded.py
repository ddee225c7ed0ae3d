"""Every recorded frame of the shared protocol folder, and how a decoded one is written down."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared" / "protocol" / "onebot11"
EXPECTED = Path(__file__).with_name("recorded.json")


def frames() -> Iterator[tuple[str, object]]:
    """Yield each recorded frame with a name that says where it stands."""
    for path in sorted(SHARED.glob("*.json")):
        if path.name == "action_matrix.json" or "openapi" in path.name:
            continue
        for index, record in enumerate(json.loads(path.read_text(encoding="utf-8"))):
            wire = record.get("wire", record.get("json", record))
            if isinstance(wire, dict) and "unsolicited" in wire:
                wire = wire["unsolicited"]
            if isinstance(wire, dict):
                wire.pop("_model", None)
                wire = [wire]
            for number, frame in enumerate(wire if isinstance(wire, list) else ()):
                yield f"{path.name.split('-')[0]} {index}.{number} {record.get('what', '')}", frame


def written(value: object) -> dict[str, object]:
    """Write a decoded frame as JSON can hold it, without what is empty; an answer without data."""
    fields = {
        field.name: _plain(getattr(value, field.name))
        for field in dataclasses.fields(value)  # type: ignore[arg-type]
        if field.name != "data"
    }
    kept = {key: each for key, each in fields.items() if each not in ("", [], {}, None)}
    return {type(value).__name__: kept}


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case tuple():
            return [_plain(each) for each in value]
        case _ if dataclasses.is_dataclass(value):
            return written(value)
        case _:
            return value
