"""What is made of a file of ours, kept as Python keeps its bytecode: beside the file, where it may be written.

Tables of a grammar and the code of templates take longer to make than to read.  They are trusted as bytecode is: who
can write there can change the program itself.  What is kept is used for the same text and the same maker alone.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from importlib.util import cache_from_source
from pathlib import Path
from types import ModuleType


def load_compiled(file: Path, key: str) -> bytes | None:
    """What was kept of a file under a key, if it is there and whole."""
    try:
        seal, content = Path(cache_from_source(str(file))).read_bytes().split(b"\n", 1)
    except (OSError, ValueError, NotImplementedError):  # it is not there, or no such file, or Python keeps none
        return None
    return content if seal == _seal(key, content) else None


def store_compiled(file: Path, key: str, content: bytes) -> None:
    """Keep what is made of a file under a key; nothing where Python is not to write bytecode, or cannot."""
    if sys.dont_write_bytecode:
        return
    try:
        path = Path(cache_from_source(str(file)))
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        beside.write_bytes(_seal(key, content) + b"\n" + content)
        os.replace(beside, path)  # whole, whoever reads meanwhile
    except (OSError, NotImplementedError):
        return


def identity(maker: ModuleType) -> str:
    """What tells a version of a module from others, without asking for it."""
    stat = os.stat(str(maker.__file__))
    return f"{maker.__name__} {stat.st_size} {stat.st_mtime_ns} {sys.version}"


def _seal(key: str, content: bytes) -> bytes:
    return sha256(key.encode() + b"\n" + content).hexdigest().encode()
