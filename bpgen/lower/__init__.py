"""From equations to a schedule of kernels, the same for every target.

SymPy ends here: `bpgen.lower.scalars` is the one file that reads SymPy expressions and writes the typed
scalar nodes of `bpgen.lower.scalar`.
"""
