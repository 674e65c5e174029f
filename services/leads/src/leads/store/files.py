"""The store of files: a folder of this machine or a bucket, by one URL. What rests there is sealed, and called by ids."""

from functools import lru_cache
from typing import Any

import obstore
from obstore.store import from_url

from chassis import Problem
from chassis.problems import unavailable


class NoSuchFile(Exception):
    """The store has none of this name."""


@lru_cache(maxsize=8)
def store_of(url: str) -> Any:
    """A folder is made where it is not there; a bucket has to be."""
    folder: dict[str, Any] = {"mkdir": True} if url.startswith("file:") else {}
    return from_url(url, **folder)


async def put(url: str, name: str, content: bytes) -> None:
    """Puts a file there; one of the same name is replaced. Raises a problem, 503, where the store is away."""
    try:
        await obstore.put_async(store_of(_given(url)), name, content)
    except obstore.exceptions.BaseError as error:
        raise unavailable("The store of files") from error


async def get(url: str, name: str) -> bytes:
    """The whole of a file. Raises NoSuchFile, and a problem, 503, where the store is away."""
    try:
        found = await obstore.get_async(store_of(_given(url)), name)
        return bytes(await found.bytes_async())
    except FileNotFoundError:
        raise NoSuchFile from None
    except obstore.exceptions.BaseError as error:
        raise unavailable("The store of files") from error


async def remove(url: str, name: str) -> None:
    """It is there no more, also where it never was. Raises a problem, 503, where the store is away."""
    try:
        await obstore.delete_async(store_of(_given(url)), name)
    except FileNotFoundError:
        return
    except obstore.exceptions.BaseError as error:
        raise unavailable("The store of files") from error


def _given(url: str) -> str:
    if not url:
        raise Problem(503, "No files are kept here", detail="The setting documents_url names no store.")
    return url
