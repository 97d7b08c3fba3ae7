"""Claims: is a formula derived by hand right, and if not, where.  `bpgen.claims.check` is the way through."""
