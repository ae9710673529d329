"""Pickles by cloudpickle, which takes functions and classes of a notebook too; large buffers beside the pickle.

A file is: magic, the number of buffers, the length of the pickle, length and rights of each buffer, the pickle, and
the buffers, each at a multiple of 64 bytes. So an array is written from where it is, and read as a view of the file.
"""

from __future__ import annotations

import pickle
import struct
from typing import BinaryIO

import cloudpickle

_MAGIC = b"JFPICKLE"
_HEAD = struct.Struct("<8sQQ")
_BUFFER = struct.Struct("<Q?7x")
_STEP = 64


class PickleSerializer:
    """Anything that can be pickled. Loading runs what the file says, so only verified content may come here."""

    suffix = ".pickle"

    def dump(self, value: object, file: BinaryIO) -> None:
        buffers: list[memoryview] = []

        def stays_inside(buffer: pickle.PickleBuffer) -> bool:
            try:
                buffers.append(buffer.raw())
            except BufferError:  # not in one piece
                return True
            return False

        stream: bytes = cloudpickle.dumps(value, protocol=5, buffer_callback=stays_inside)
        head = [_HEAD.pack(_MAGIC, len(buffers), len(stream))]
        head += [_BUFFER.pack(buffer.nbytes, buffer.readonly) for buffer in buffers]
        file.write(b"".join(head))
        file.write(stream)
        place = sum(map(len, head)) + len(stream)
        for buffer in buffers:
            file.write(bytes(-place % _STEP))
            file.write(buffer)
            place = _aligned(place) + buffer.nbytes

    def load(self, content: bytearray) -> object:
        magic, count, length = _HEAD.unpack_from(content)
        if magic != _MAGIC:
            raise ValueError("this is no pickle of a kept result")
        view = memoryview(content)
        place = _HEAD.size + count * _BUFFER.size
        stream = view[place : place + length]
        place += length
        buffers: list[memoryview] = []
        for size, is_readonly in _BUFFER.iter_unpack(view[_HEAD.size : _HEAD.size + count * _BUFFER.size]):
            place = _aligned(place)
            piece = view[place : place + size]
            buffers.append(piece.toreadonly() if is_readonly else piece)
            place += size
        return pickle.loads(stream, buffers=buffers)  # noqa: S301 - signed by this user's key, verified before


def _aligned(place: int) -> int:
    return place + -place % _STEP
