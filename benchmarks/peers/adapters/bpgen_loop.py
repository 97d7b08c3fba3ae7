"""bpgen's C target with many steps in one call: the counterpart of jax_fori."""

from _bpgen_models import Loop, versions

__all__ = ["build", "supports", "versions"]


def supports(name):
    return name in ("W1", "W2", "W3", "W11a", "W11b")


def build(name, threads):
    return Loop(name, threads, "c")
