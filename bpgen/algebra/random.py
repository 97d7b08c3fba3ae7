"""Random numbers by counting: the same number for the same seed, step, stream and position, in every target.

A number is a hash of where it stands, so nothing has to be stored between forward and backward, and every element
can be computed by itself.  The hash mixes 32-bit words by Chris Wellons' `lowbias32`, a finaliser of the kind of
MurmurHash3's (https://github.com/skeeto/hash-prospector, public domain).  24 bits of it make the number, which
is therefore the same in float32 and float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD = 0xFFFFFFFF
GOLDEN = 0x9E3779B9  # 2^32 divided by the golden ratio
FIRST, SECOND = 0x7FEB352D, 0x846CA68B


def mixed(word: int) -> int:
    """lowbias32: a permutation of the 32-bit words in which every bit of the result depends on every bit."""
    word = (word ^ word >> 16) * FIRST & WORD
    word = (word ^ word >> 15) * SECOND & WORD
    return word ^ word >> 16


def keys(seed: float, step: float, stream: float) -> tuple[int, int]:
    """The two words that all positions of one step of one stream share; of larger numbers the lowest 32 bits count."""
    key = mixed(mixed(mixed((int(seed) & WORD) ^ GOLDEN) ^ (int(step) & WORD)) ^ (int(stream) & WORD))
    return key, mixed((key + GOLDEN) & WORD)


def uniform_number(seed: float, step: float, stream: float, position: int) -> float:
    """One number, evenly distributed over 0, 1/2^24, ..., 1 - 1/2^24."""
    first, second = keys(seed, step, stream)
    return (mixed((mixed((position & WORD) ^ first) + second) & WORD) >> 8) / 2**24


def uniform_numbers(seed: float, step: float, stream: float, position: NDArray[Any]) -> NDArray[np.float64]:
    """The same for an array of positions."""
    first, second = keys(seed, step, stream)
    words = np.asarray(position).astype(np.int64).astype(np.uint32)  # modulo 2^32
    words = _mixed_words(_mixed_words(words ^ np.uint32(first)) + np.uint32(second))
    return np.asarray((words >> np.uint32(8)) / 2.0**24)


def _mixed_words(words: Any) -> Any:
    with np.errstate(over="ignore"):
        words = np.atleast_1d(words)
        words = (words ^ words >> np.uint32(16)) * np.uint32(FIRST)
        words = (words ^ words >> np.uint32(15)) * np.uint32(SECOND)
        return words ^ words >> np.uint32(16)
