"""Typed scalars as C expressions: literals of the right precision, no parenthesis without need."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from math import inf, isnan

from bpgen.algebra.errors import InternalError
from bpgen.emit.names import C_RESERVED, Names, c_identifier
from bpgen.lower.scalar import (
    BATCH,
    Affine,
    BatchSize,
    Constant,
    IndexExpression,
    IndexValue,
    Load,
    Local,
    Loop,
    Operation,
    Reduce,
    Scalar,
    children,
    walk,
)
from bpgen.lower.schedule import Formal

SELECT, OR, AND, BITS_OR, BITS_AND, EQUALITY, RELATION, SUM, PRODUCT, SIGN, PRIMARY = range(1, 12)
INFIX: dict[str, tuple[str, int]] = {
    "add": ("+", SUM), "subtract": ("-", SUM), "multiply": ("*", PRODUCT), "divide": ("/", PRODUCT),
    "greater": (">", RELATION), "greater_equal": (">=", RELATION), "equal": ("==", EQUALITY),
    "and": ("&&", AND), "or": ("||", OR),
}  # fmt: skip
LIBRARY = {
    "power": "pow", "sqrt": "sqrt", "exp": "exp", "log": "log", "log1p": "log1p", "expm1": "expm1", "abs": "fabs",
    "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "atan": "atan",
    "erf": "erf",
}  # fmt: skip
"""Functions of <math.h>, called with the suffix f in single precision."""
HELPERS = ("maximum", "minimum", "sign", "square", "sigmoid", "softplus", "select", "uniform", "normal")
"""Inline functions that the emitted file defines for itself, with the suffix _d where both precisions occur."""

HELPER_NAMES = {"select": "choose"}
SINGLE = {op: f"{op}_single" for op in ("exp", "expm1", "tanh", "erf", "log", "log1p")}
"""Branch-free versions of our own in single precision: loops over libm's are not vectorised."""


def is_chosen(node: Operation) -> bool:
    """Whether a selection is a call of `choose`, which computes both of its values.

    A value that is loaded or computed only under its condition becomes a masked load in a vectorised loop; gcc 12
    mixes the masks up where small inner loops were unrolled first.  A condition on an index may guard a load from
    outside its array: there nothing is loaded that is not chosen.
    """
    if node.op != "select" or node.dtype not in ("real", "float64"):
        return False
    condition, *values = node.arguments
    computed = any(isinstance(part, Load | Operation) for value in values for part in walk(value))
    return computed and not _guards(condition)


def _guards(condition: Scalar) -> bool:
    """Whether an index itself decides; one that is compared with what an array holds does not, since no such
    comparison says that an access stays inside, nor does the position of a random number."""
    if isinstance(condition, Operation) and (condition.op == "uniform" or _compares_loaded(condition)):
        return False
    return isinstance(condition, IndexValue) or any(map(_guards, children(condition)))


def _compares_loaded(condition: Operation) -> bool:
    compares = condition.op in ("greater", "greater_equal", "equal")
    return compares and any(isinstance(part, Load) for part in walk(condition))


# What emitted files define for themselves, and so no kernel, tensor or loop may be called.
_OWN_NAMES = """
batch capacity net network tile panel panels rows columns fixed linear_part square_part lanes multiply add_products pack
SUM_ROWS SUM_COLUMNS SUM_LINES vectors_of_both add_sums collect_sums add_all_sums multiply_sums
WHOLE_VECTORS LINE_WIDTH LINES_ROWS LINES_WIDTH lines a_term b_term
DIRECT_ROWS dots dots_of_rows add_halves multiply_dots multiply_copied places lane DOT_ROWS HAS_DOTS
BYTES ROWS LANES COLUMNS TILE_ROWS DEPTH PANEL_DEPTH INLINE CASE parameters gradients states counters settings
workspace choose exp_single expm1_single tanh_single erf_single log_single log1p_single bits_of from_bits
power_of_two split_exponent exp_of_rest decay log_in_parts nearest_power
even high wide multiply_across add_rows STRIP block pack_rows OUTLINE
quad octet quads turn turn_wide CAN_TURN SHUFFLE OF OF_QUADS
walk offsets multiply_along multiply_lines add_products_along add_rows_along pack_along MOST_LOOPS COPY_RUNS VECTOR
LANES_HALVED half_lanes none SPAN MOST_PLACES multiply_spans turn_span
quarter_lanes uniform mix_word sum_of largest_of fetch turns each end
multiply_strip width STRIP_ROWS FETCH FETCHED COLD load_sums NEAR point_at add_term store_sums add_and_fetch fetches
list_rows normal normal_d
maximum minimum sign square sigmoid softplus choose_d threads fresh share shares row all_rows
maximum_d minimum_d sign_d square_d sigmoid_d softplus_d true false bool M_PI M_E HUGE_VAL expf logf log1pf expm1f
fabsf sinf cosf tanf sinhf coshf tanhf atanf erff powf sqrtf INT32_MIN PLAIN_C
"""
OWN_NAMES = frozenset(_OWN_NAMES.split())

Stride = tuple[int, int]
"""Elements from one index value to the next: coefficient, and how many times the batch is a factor."""


def new_names() -> Names:
    """Names of one kernel or file: none that C or the emitted file itself uses."""
    return Names(c_identifier, C_RESERVED | OWN_NAMES)


def strides(shape: tuple[int | str, ...]) -> tuple[Stride, ...]:
    """Row-major strides of a shape."""
    found: list[Stride] = []
    coefficient, power = 1, 0
    for extent in reversed(shape):
        found.append((coefficient, power))
        if extent == BATCH:
            power += 1
        else:
            coefficient *= int(extent)
    return tuple(reversed(found))


class Expressions:
    """Prints the scalars of one kernel.

    dtype: "float32" or "float64"; formals: the kernel's, by name; results: what stands for each reduction, and
    for elements that were copied
    independent: the loops whose turns may run at the same time
    all_rows: how many rows arrays have, where a call is for `batch` of them
    printed: the loops, and places along several, mentioned since loops were joined last
    slice: the variable that says which slice the kernel's turn uses of arrays that turns share; "" where there are none
    """

    def __init__(
        self,
        dtype: str,
        formals: Mapping[str, Formal],
        names: Names,
        independent: Collection[str] = (),
        all_rows: str = "batch",
    ) -> None:
        self.single = dtype == "float32"
        self.formals = formals
        self.names = names
        self.independent = independent
        self.all_rows = all_rows
        self.results: dict[Reduce | Load, str] = {}
        self.moved: dict[str, str] = {}
        self.printed: set[str] = set()
        self.run: tuple[tuple[Loop, ...], str] = ((), "")
        self.slice = names.fresh("slice") if any(f.slices is not None for f in formals.values()) else ""

    def type(self, dtype: str) -> str:
        return {"real": "real", "float64": "double", "int32": "int32_t", "bool": "int"}[dtype]

    def scalar(self, node: Scalar) -> str:
        return self._print(node)[0]

    def _print(self, node: Scalar) -> tuple[str, int]:
        """The text, and how tightly its outermost operator binds."""
        match node:
            case Constant(value=value, dtype=dtype):
                text = self.literal(value, dtype)
                return text, SIGN if text.startswith("-") else PRIMARY
            case Load():
                return self.results.get(node) or self.load(node), PRIMARY
            case Local(name=name):
                return self.moved.get(name, self.names[name]), PRIMARY
            case BatchSize(dtype=dtype):
                return (f"({self.type(dtype)})batch", SIGN) if dtype != "int32" else ("batch", PRIMARY)
            case IndexValue(dtype=dtype, index=index):
                text = self.sum_of([self.affine(index)])
                return text, PRIMARY if index.variable else SUM
            case Reduce():
                if node not in self.results:
                    raise InternalError("a reduction inside an expression; pass split_reductions is missing")
                return self.results[node], PRIMARY
            case Operation():
                return self._operation(node)
            case _:
                raise InternalError(f"{type(node).__name__} has no C form; pass lower.scalars is missing")

    def _operation(self, node: Operation) -> tuple[str, int]:
        op, arguments = node.op, node.arguments
        if op in INFIX:
            sign, level = INFIX[op]
            left, right = self._within(arguments[0], level), self._within(arguments[1], level + 1)
            if op in ("and", "or") and not _guards(arguments[0]):  # both are computed: no branch
                sign, level = ("&", BITS_AND) if op == "and" else ("|", BITS_OR)
            if level in (OR, BITS_OR, BITS_AND):  # compilers ask for these parentheses
                left, right = (self._apart(argument, level) for argument in arguments)
            return f"{left} {sign} {right}", level
        if op == "select":
            condition, chosen, otherwise = arguments
            if is_chosen(node):
                given = ", ".join(self.scalar(argument) for argument in arguments)
                return f"{self.function(op, node.dtype)}({given})", PRIMARY
            text = f"{self._within(condition, OR)} ? {self._within(chosen, OR)} : {self._within(otherwise, SELECT)}"
            return text, SELECT
        if op in ("negative", "not"):
            sign = "-" if op == "negative" else "!"
            return sign + self._within(arguments[0], PRIMARY), SIGN
        if op == "reciprocal":
            return f"{self.literal(Fraction(1), node.dtype)} / {self._within(arguments[0], PRODUCT + 1)}", PRODUCT
        if op == "cast":
            return f"({self.type(node.dtype)}){self._within(arguments[0], SIGN)}", SIGN
        given = ", ".join(self.scalar(argument) for argument in arguments)
        return f"{self.function(op, node.dtype)}({given})", PRIMARY

    def _apart(self, condition: Scalar, level: int) -> str:
        """One side of a logical operator; only where it is the same operator, it stands there as it is."""
        text, binding = self._print(condition)
        return text if binding in (level, SIGN, PRIMARY) else f"({text})"

    def _within(self, node: Scalar, level: int) -> str:
        text, binding = self._print(node)
        return f"({text})" if binding < level else text

    def function(self, op: str, dtype: str) -> str:
        if op in SINGLE and self.single and dtype == "real":
            return SINGLE[op]
        if op in LIBRARY:
            return LIBRARY[op] + ("f" if self.single and dtype == "real" else "")
        if op in HELPERS:
            return HELPER_NAMES.get(op, op) + ("_d" if dtype == "float64" and self.single else "")
        raise InternalError(f"{op} has no C form")

    def literal(self, value: Fraction | float, dtype: str) -> str:
        """A number in the precision of its dtype: 0.1f where reals are floats; whole numbers of double stay 2.0."""
        if dtype in ("int32", "bool"):
            return str(int(value))
        suffix = "f" if self.single and dtype == "real" else ""
        number = float(value)
        if isnan(number):
            return "NAN"
        if number in (inf, -inf):
            return "INFINITY" if number > 0 else "-INFINITY"
        return repr(number) + suffix

    # Elements of arrays.

    def load(self, load: Load) -> str:
        return self.element(load.buffer, load.indices)

    def element(self, formal: str, indices: tuple[IndexExpression, ...]) -> str:
        name = self.names[formal]
        return f"{name}[{self.offset(formal, indices)}]" if indices else f"*{name}"

    def offset(self, formal: str, indices: tuple[IndexExpression, ...]) -> str:
        """Where an element is."""
        terms: list[tuple[Stride, str]] = []
        run = self._run_at(formal, indices)
        shared = self.formals[formal].slices
        for axis, (index, stride) in enumerate(zip(indices, strides(self.formals[formal].shape), strict=True)):
            if axis == shared:
                terms.append((stride, self.slice))
            elif axis in run:
                if axis == run[-1]:
                    terms.append((stride, self.run[1]))
                    self.printed.add(self.run[1])
            elif isinstance(index, Affine):
                terms.append((stride, self.sum_of([self.affine(index)])))
            else:
                terms.append((stride, self.load(index.load)))
        texts = []
        for stride, text in terms:
            if text == "0":
                continue
            if stride == (1, 0):
                texts.append(text)
            else:
                texts.append(f"{f'({text})' if _is_sum(text) else text} * {self.stride_text(stride)}")
        return " + ".join(texts).replace("+ -", "- ") or "0"

    @contextmanager
    def joining(self, loops: tuple[Loop, ...], place: str) -> Iterator[str]:
        """Inside, loops that walk through an array as one loop would are printed as the variable `place` alone."""
        before, self.run = self.run, (loops, place)
        self.printed = set()
        yield place
        self.run = before

    def _run_at(self, formal: str, indices: tuple[IndexExpression, ...]) -> range:
        """The axes, next to each other, along which those loops move an element as one loop would."""
        loops, shape = self.run[0], self.formals[formal].shape
        variables = [index.variable if isinstance(index, Affine) else None for index in indices]
        for first in range(len(indices) - len(loops) + 1):
            axes = range(first, first + len(loops))
            same = [loop.name for loop in loops] == [variables[axis] for axis in axes]
            filled = all(shape[axis] == loop.extent for axis, loop in list(zip(axes, loops, strict=True))[1:])
            if len(loops) > 1 and same and filled and not any(loop.start for loop in loops):
                return axes
        return range(0)

    def stride_text(self, stride: Stride) -> str:
        coefficient, power = stride
        factors = ([str(coefficient)] if coefficient != 1 or not power else []) + [self.all_rows] * power
        return " * ".join(factors)

    def affine(self, index: Affine) -> list[tuple[int, str]]:
        """(coefficient, variable) of an index; the constant's variable is ""."""
        self.printed |= {name for name, _ in index.terms}
        terms = [(coefficient, self.names[name]) for name, coefficient in index.terms]
        if index.constant:
            terms.append((index.constant, ""))
        return terms

    def sum_of(self, groups: list[list[tuple[int, str]]]) -> str:
        text = ""
        for coefficient, name in (term for group in groups for term in group):
            size = abs(coefficient)
            shown = (name if size == 1 else f"{size} * {name}") if name else str(size)
            sign = "-" if coefficient < 0 else "+"
            text = f"{text} {sign} {shown}" if text else ("-" if coefficient < 0 else "") + shown
        return text or "0"


def _is_sum(text: str) -> bool:
    return " + " in text or " - " in text or text.startswith("-")
