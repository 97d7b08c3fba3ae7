"""Where tensors live: the flat blocks of parameters, gradients and states, or the arena."""

from __future__ import annotations

from bpgen.algebra.errors import LoweringError
from bpgen.algebra.system import REAL, System, Tensor
from bpgen.lower.schedule import Buffer

ALIGNMENT = 16  # reals: one cache line of float32, half of the widest float64 vectors


def lay_out(system: System) -> dict[str, Buffer]:
    """The buffer of every tensor, by its name; adjoints of parameters lie as these do."""
    parameters = [tensor for tensor in system.tensors.values() if tensor.role == "parameter"]
    order = {parameter.name: number for number, parameter in enumerate(system.parameters)}
    parameters.sort(key=lambda tensor: order.get(tensor.name, len(order)))
    states = _grouped([tensor for tensor in system.tensors.values() if tensor.role == "state"], parameters)
    counters = [tensor for tensor in states if _is_counter(tensor)]
    buffers = {
        **_block(parameters, "parameter"),
        **_block([tensor for tensor in states if not _is_counter(tensor) and not _has_rows(tensor)], "state"),
        **_block([tensor for tensor in states if _has_rows(tensor)], "carried"),
        **{t.name: Buffer(t.name, (), "float64", "counter", n) for n, t in enumerate(counters)},
        **{name: Buffer(name, (), "float64", "setting", n) for n, (name, _) in enumerate(system.settings)},
    }
    for name, adjoint in system.gradients:
        if name in buffers and buffers[name].storage == "parameter":
            of = buffers[name]
            buffers[adjoint] = Buffer(adjoint, of.shape, of.dtype, "gradient", of.offset)
    for tensor in system.tensors.values():
        if tensor.name not in buffers:
            storage = "input" if tensor.role == "input" else "workspace"
            buffers[tensor.name] = Buffer(tensor.name, tensor.shape, tensor.dtype, storage)
    return buffers


def _grouped(states: list[Tensor], parameters: list[Tensor]) -> list[Tensor]:
    """States of one kind next to each other, in the order of their parameters: all first moments, then all second.

    So what updates a parameter finds its states as far into their part of the block as the parameter is into its own.
    """
    place = {tensor.name: number for number, tensor in enumerate(parameters)}
    of_parameters = [(t, *t.name.rpartition(".")[::2]) for t in states if t.name.rpartition(".")[0] in place]
    kinds = list(dict.fromkeys(kind for _, _, kind in of_parameters))
    of_parameters.sort(key=lambda item: (kinds.index(item[2]), place[item[1]]))
    grouped = [tensor for tensor, _, _ in of_parameters]
    return [*(tensor for tensor in states if tensor not in grouped), *grouped]


def _is_counter(tensor: Tensor) -> bool:
    return tensor.dtype == "float64" and not tensor.axes


def _has_rows(tensor: Tensor) -> bool:
    if "B" in tensor.shape[1:]:
        raise LoweringError(f"the state {tensor.name} needs the batch as its first axis, to keep its rows")
    return "B" in tensor.shape


def _block(tensors: list[Tensor], storage: str) -> dict[str, Buffer]:
    """Tensors one after another, each beginning a cache line of its block."""
    buffers = {}
    offset = 0
    for tensor in tensors:
        buffer = Buffer(tensor.name, tensor.shape, REAL, storage, offset)
        buffers[tensor.name] = buffer
        offset += -(-buffer.size // ALIGNMENT) * ALIGNMENT
    return buffers
