"""NumPy's own files, which hold the array's bytes as they are."""

from __future__ import annotations

import io
import math
from typing import BinaryIO

from jupyter_flows.errors import MissingExtra

try:
    import numpy as np
    from numpy.lib import format as npy
except ImportError as error:
    raise MissingExtra("the serializer npy", "numpy", "results") from error

_KINDS = frozenset("biufcmMSU")  # what the format holds to the bit; records may lose their alignment, objects are code


def is_plain(value: object) -> bool:
    """Whether an array comes back from the format as it was."""
    return (
        type(value) is np.ndarray
        and value.dtype.kind in _KINDS
        and value.dtype.itemsize > 0
        and value.dtype.metadata is None
    )


class NpySerializer:
    """Arrays without objects, written piece by piece and read without a copy."""

    suffix = ".npy"

    def dump(self, value: object, file: BinaryIO) -> None:
        if not is_plain(value):
            raise TypeError("only plain NumPy arrays of numbers, instants or text of fixed length have this form")
        npy.write_array(file, np.asarray(value), allow_pickle=False)

    def load(self, content: bytearray) -> object:
        head = io.BytesIO(memoryview(content)[:65_600])  # a header is shorter than 64 KiB
        version = npy.read_magic(head)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, dtype = read_header(head)
        count = math.prod(shape)
        if count == 0:
            return np.empty(shape, dtype, order="F" if is_fortran else "C")
        array = np.frombuffer(content, dtype, count, offset=head.tell())
        return array.reshape(shape[::-1]).T if is_fortran else array.reshape(shape)
