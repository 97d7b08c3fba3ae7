"""bpgen's NumPy target: one call a step."""

from _bpgen_models import Net, versions

__all__ = ["build", "supports", "versions"]


def supports(name):
    return True


def build(name, threads):
    return Net(name, threads, "numpy")
