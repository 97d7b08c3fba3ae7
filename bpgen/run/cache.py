"""The cache on disk: compiled modules, generated sources, probed toolchains.

Everything is published by rename, so a reader sees a whole file or none, and no lock is needed: two
processes that build the same thing both succeed, and the later one replaces equal content.  Nothing is
scanned at import.  What is damaged is ignored and built again.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bpgen.algebra.records import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHELVES = ("modules", "objects", "sources", "toolchains", "trials", "measurements", "data")
_YOUNG = 3600.0  # seconds; a build folder younger than this may belong to a build that is running
_private: list[Path] = []


@dataclass(frozen=True)
class CacheEntry:
    """One thing kept: which shelf, its key, bytes, seconds since the epoch of its last change."""

    shelf: str
    key: str
    size: int
    modified: float


def configured_folder() -> Path:
    """BPGEN_CACHE_DIR, or else the user's cache folder of this platform; it need not exist."""
    chosen = os.environ.get("BPGEN_CACHE_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("bpgen", appauthor=False))


def writable_folder() -> Path:
    """The configured folder, or, where it cannot be written, a private one for this process, with one warning."""
    folder = configured_folder()
    if _can_write(folder):
        return folder
    if not _private:
        _private.append(Path(tempfile.mkdtemp(prefix="bpgen-")))  # mode 0700: it will hold code that is loaded
        atexit.register(shutil.rmtree, _private[0], ignore_errors=True)
        warnings.warn(
            f"the cache folder {folder} cannot be written; this run keeps its builds in {_private[0]}, which is "
            "removed at its end (set BPGEN_CACHE_DIR to a folder that can be written)",
            RuntimeWarning,
            stacklevel=2,
        )
    return _private[0]


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / f"probe-{os.getpid()}-{uuid.uuid4().hex}"
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def read_folders() -> tuple[Path, ...]:
    """Where to look: a cache that can only be read still serves."""
    return (configured_folder(), *_private)


def digest(value: Any) -> str:
    """sha256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def build_folder() -> Iterator[Path]:
    """A folder of this build alone, inside the cache so that a rename out of it is atomic; removed at the end."""
    folder = writable_folder() / f"tmp-{os.getpid()}-{uuid.uuid4().hex}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(text: str, path: Path) -> None:
    """Write a file so that it appears whole or not at all."""
    with build_folder() as folder:
        draft = folder / "draft"
        draft.write_text(text, encoding="utf-8")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.replace(draft, path)


def store_record(shelf: str, key: str, record: dict[str, Any]) -> None:
    """Keep a JSON record.  Failing to keep it costs time at the next start, and nothing else."""
    text = json.dumps({"key": key, "record": record}, sort_keys=True)
    checked = json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest(), "entry": text})
    try:
        publish(checked, writable_folder() / shelf / f"{key}.json")
    except OSError as failure:
        warnings.warn(f"could not write to the cache: {failure}", RuntimeWarning, stacklevel=2)


def load_record(shelf: str, key: str) -> dict[str, Any] | None:
    """The record, or None where there is none or it is damaged."""
    for folder in read_folders():
        try:
            outer = json.loads((folder / shelf / f"{key}.json").read_text(encoding="utf-8"))
            text = outer["entry"]
            if hashlib.sha256(text.encode()).hexdigest() != outer["sha256"]:
                continue
            entry = json.loads(text)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if entry["key"] == key:
            record: dict[str, Any] = entry["record"]
            return record
    return None


def store_array(shelf: str, key: str, array: NDArray[Any]) -> None:
    """Keep an array; as with records, failing to keep it costs only time."""
    import numpy

    try:
        with build_folder() as folder:
            numpy.save(folder / "draft.npy", array, allow_pickle=False)
            target = writable_folder() / shelf / f"{key}.npy"
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.replace(folder / "draft.npy", target)
    except OSError as failure:
        warnings.warn(f"could not write to the cache: {failure}", RuntimeWarning, stacklevel=2)


def load_array(shelf: str, key: str) -> NDArray[Any] | None:
    """The array, or None where there is none or it is damaged."""
    import numpy

    for folder in read_folders():
        try:
            array: NDArray[Any] = numpy.load(folder / shelf / f"{key}.npy", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            continue
        return array
    return None


@cache
def generator_hash() -> str:
    """sha256 over bpgen's own files and templates: what it generates depends on nothing else of it."""
    package = Path(__file__).resolve().parent.parent
    folders = [package, package / "templates", package.parent / "templates"]
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(_files(str(folder))) if folder.is_dir() else ():
            total.update(f"{path.removeprefix(str(folder))}\0".encode())
            with open(path, "rb", buffering=0) as file:
                total.update(hashlib.sha256(file.read()).digest())
    return total.hexdigest()


def _files(folder: str) -> Iterator[str]:
    """All below a folder but compiled code; names alone, for there are hundreds and every start waits for them."""
    with os.scandir(folder) as items:
        for item in items:
            if item.is_dir():
                yield from _files(item.path)
            elif item.is_file() and not item.name.endswith((".pyc", ".so")):
                yield item.path


def entries() -> list[CacheEntry]:
    """What the configured cache holds, sorted by shelf and key."""
    found = []
    for shelf in SHELVES:
        folder = configured_folder() / shelf
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            files = [path] if path.is_file() else [item for item in path.rglob("*") if item.is_file()]
            try:
                stats = [item.stat() for item in files]
            except OSError:  # removed by another process meanwhile
                continue
            size = sum(stat.st_size for stat in stats)
            found.append(CacheEntry(shelf, path.stem, size, max((stat.st_mtime for stat in stats), default=0.0)))
    return found


def clear() -> int:
    """Remove every entry, and build folders that no running build can own; returns how many entries went."""
    count = len(entries())
    folder = configured_folder()
    for shelf in (*SHELVES, "failed"):
        shutil.rmtree(folder / shelf, ignore_errors=True)
    for path in folder.glob("tmp-*") if folder.is_dir() else ():
        try:
            old = time.time() - path.stat().st_mtime > _YOUNG
        except OSError:
            continue
        if old:
            shutil.rmtree(path, ignore_errors=True)
    return count
