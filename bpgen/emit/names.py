"""Names of a description become identifiers of a target language: legal, unique, and still readable."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable

# C11's and C++'s keywords (the header may be included from C++), and the names our own C leans on.
_C_RESERVED = """
alignas alignof and and_eq asm atomic_cancel auto bitand bitor bool break case catch char class compl concept
const const_cast constexpr continue co_await co_return co_yield decltype default delete do double dynamic_cast
else enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept
not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires restrict return
short signed sizeof static static_assert static_cast struct switch template this thread_local throw true try
typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while xor xor_eq
main real complex imaginary NULL NAN INFINITY EOF errno stdin stdout stderr assert offsetof linux unix
acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma
fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint log log10 log1p log2 logb lrint lround modf nan nearbyint
nextafter pow remainder rint round scalbn sin sinh sqrt tan tanh tgamma trunc abs labs div gamma j0 j1 jn y0 y1 yn
index signgam malloc calloc free realloc exit abort memcpy memset memmove
int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t size_t ptrdiff_t
"""
C_RESERVED = frozenset(_C_RESERVED.split())
# Macros of <math.h>, <stdint.h> and their kin come in families: INT32_MAX, UINT8_C, FP_NAN, HUGE_VALF, M_PI, isnan.
_C_MACRO = re.compile(
    r"(?:U?INT\w*|PTRDIFF|SIZE|SIG_ATOMIC|WCHAR|WINT|RAND|U?CHAR|SCHAR|U?SHRT|U?L?LONG|DBL|FLT|LDBL)_(?:MAX|MIN|BIT|C)"
    r"|(?:FP|M|MATH|HUGE)_\w+|math_errhandling|fpclassify|signbit"
    r"|is(?:finite|inf|nan|normal|unordered|less|lessequal|lessgreater|greater|greaterequal)"
)

PYTHON_RESERVED = frozenset(keyword.kwlist) | frozenset(keyword.softkwlist) | frozenset(("self", "np", "numpy"))


def c_identifier(name: str) -> str:
    """fc1.weight -> fc1_weight, 2layer -> n2layer, double -> double_.  Not injective: see Names."""
    plain = _plain(name)
    return plain + "_" if plain in C_RESERVED or _C_MACRO.fullmatch(plain) else plain


def python_identifier(name: str) -> str:
    """fc1.weight -> fc1_weight, 2layer -> n2layer, lambda -> lambda_.  Not injective: see Names."""
    plain = _plain(name)
    return plain + "_" if plain in PYTHON_RESERVED else plain


class Names:
    """Hands out identifiers, each name its own: "a.b" and "a_b" of one network never meet.

    The first to come gets the plain form, later ones that clash get _2, _3, ...; so ask in a fixed order.
    """

    def __init__(self, identifier: Callable[[str], str], reserved: Iterable[str] = ()) -> None:
        self._identifier = identifier
        self._given: dict[str, str] = {}
        self._taken = set(reserved)

    def __getitem__(self, name: str) -> str:
        """The identifier of a name; the same for the same name, always."""
        if name not in self._given:
            self._given[name] = self.fresh(name)
        return self._given[name]

    def fresh(self, name: str) -> str:
        """An identifier nobody has yet, like the name if that is free."""
        plain = self._identifier(name)
        chosen, number = plain, 2
        while chosen in self._taken:
            chosen, number = f"{plain}_{number}", number + 1
        self._taken.add(chosen)
        return chosen


def _plain(name: str) -> str:
    """ASCII letters, digits and underscores; other letters by code point, other characters as underscores."""
    spelled = "".join(c if c.isascii() else f"u{ord(c):04x}" for c in name)
    plain = re.sub(r"[^A-Za-z0-9_]", "_", spelled)
    if not plain or plain[0].isdigit():
        return "n" + plain
    # A leading underscore is reserved in C, and says "private" in Python.
    return "n" + plain if plain[0] == "_" else plain
