"""JSON files, for values that come back from JSON as they were."""

from __future__ import annotations

import json
from typing import BinaryIO

from jupyter_flows.model.exact_json import exact_json


class JsonSerializer:
    """Plain JSON in UTF-8."""

    suffix = ".json"

    def dump(self, value: object, file: BinaryIO) -> None:
        content = exact_json(value)
        if content is None:
            raise TypeError(
                "JSON would not give it back as it is (tuples, sets, NaN, keys that are no strings, objects, "
                "a list that is in it twice); leave the serializer out, or name pickle"
            )
        file.write(content)

    def load(self, content: bytearray) -> object:
        return json.loads(content)
