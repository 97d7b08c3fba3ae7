"""The language: indices, tensors, equations, systems; parsing, printing, evaluation.

Imports nothing else of bpgen.  Submodules are imported by name, so that code which needs no algebra
(a cached network) never pays for SymPy.
"""
