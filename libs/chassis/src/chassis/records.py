"""A record whose header has a name that is no UTF-8 is a record like any other.

The broker takes such a record, and aiokafka fails at reading it, again and again: its partition would be read no further, without
a word. Here the unreadable bytes of the name are replaced, and the record goes the way of the others.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy


class _Lenient(bytearray):
    """Bytes of which any part can be read as a text."""

    def __getitem__(self, part: Any) -> Any:
        found: Any = super().__getitem__(part)
        return _Lenient(found) if isinstance(part, slice) else found

    def decode(self, *_: Any, **__: Any) -> str:
        return bytes(self).decode(errors="replace")


class _Batch:
    """One batch, read by the client's fast reader, and by its slow one where that fails at a name."""

    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch, self._data = batch, data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except UnicodeDecodeError:
            slow = _DefaultRecordBatchPy(bytearray(self._data))
            slow._maybe_uncompress()
            slow._buffer = _Lenient(slow._buffer)
            return iter(list(slow))


class _Records(_MemoryRecordsPy):  # type: ignore[misc]
    """Stands where the client cuts what it fetched into batches."""

    def next_batch(self, *_: Any, **__: Any) -> Any:
        data = self._next_slice
        batch = super().next_batch()
        return _Batch(batch, data) if data is not None else batch


def read_leniently() -> None:
    """From now on this process's consumers read them."""
    fetcher.MemoryRecords = _Records
