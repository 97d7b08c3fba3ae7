"""Results as Markdown: times beside those of the peers, ratios, shares of the sgemm rate, start, memory, agreement."""

from __future__ import annotations


def report(results):
    """The tables of one run (run.py's JSON)."""
    table = Table(results)
    parts = [
        table.times("step", "Training step"),
        table.times("forward", "Forward only"),
        table.facts("Spread of the rounds' medians, % of the median", lambda cell: f"{100 * cell['step_spread']:.1f}"),
        table.facts("Cold: seconds from the start of the process to the end of the first step", _cold),
        table.facts("Largest resident size of the process, MiB", lambda cell: f"{cell['rss_mib']:.0f}"),
        table.agreement(),
    ]
    return "\n\n".join(parts) + "\n"


def _cold(cell):
    return f"{cell['cold_s']:.2f}"


def microseconds(value):
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def lines_of(head, rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


class Table:
    """The cells of a run by workload, thread count and peer.

    Peers that run many steps in one call are shown, but are not the best peer of a row; candidates never are.
    """

    def __init__(self, results):
        self.results = results
        self.cells = {(cell["workload"], cell["threads"], cell["peer"]): cell for cell in results["cells"]}
        self.rows = list(dict.fromkeys((cell["workload"], cell["threads"]) for cell in results["cells"]))
        self.names = list(dict.fromkeys(cell["peer"] for cell in results["cells"]))
        self.candidates = results["candidates"]

    def best(self, row, kind):
        """The name of the fastest peer of a row, None without one."""
        values = {
            name: cell[kind + "_us"]
            for name in self.names
            if name not in self.candidates and (cell := self.cells.get((*row, name))) is not None
            if kind + "_us" in cell and not cell["loop"] and not cell["disagrees"]
        }
        return min(values, key=values.get) if values else None

    def times(self, kind, title):
        many = len(self.candidates) > 1
        head = ["workload", "threads", *self.names]
        head += [f"best / {name}" if many else "best peer / ours" for name in self.candidates]
        head += [f"{name}, of sgemm" if many else "of sgemm" for name in self.candidates]
        rows = [self._times_row(row, kind) for row in self.rows]
        explained = "In microseconds; * is the best peer of its row."
        return f"### {title}\n\n{explained}\n\n{lines_of(head, rows)}"

    def _times_row(self, row, kind):
        best = self.best(row, kind)
        text = [row[0], str(row[1])]
        for name in self.names:
            cell = self.cells.get((*row, name))
            if cell is None:
                text.append("")
            elif kind + "_us" not in cell:
                text.append("failed")
            else:
                mark = "*" if name == best else ""
                text.append(mark + microseconds(cell[kind + "_us"]) + (" (differs)" if cell["disagrees"] else ""))
        ours = [self.cells.get((*row, name), {}).get(kind + "_us") for name in self.candidates]
        time = self.cells[(*row, best)][kind + "_us"] if best else None
        text += [f"{time / own:.2f}" if own and time else "" for own in ours]
        rate = self.results["sgemm"].get(f"{row[0]} {row[1]}")
        flops = self.results["work"][row[0]][kind]
        return [*text, *(f"{100 * flops / own / 1e3 / rate:.0f} %" if own and rate else "" for own in ours)]

    def facts(self, title, show):
        rows = []
        for row in self.rows:
            cells = [self.cells.get((*row, name)) for name in self.names]
            rows.append([row[0], str(row[1]), *(show(c) if c is not None and "step_us" in c else "" for c in cells)])
        return f"### {title}\n\n{lines_of(['workload', 'threads', *self.names], rows)}"

    def agreement(self):
        rows = []
        for name, work in self.results["work"].items():
            worst = self.results["worst_difference"].get(name)
            shown = "" if worst is None else f"{worst:.1e}"
            rows.append([name, work["title"], f"{work['parameters']:,}", f"{work['step'] / 1e6:.4g}", shown])
        head = ["workload", "what", "parameters", "Mflop a step", "worst relative difference of losses 1-5 and output"]
        about = self.results["about"]
        versions = ", ".join(f"{name} {version}" for name, version in sorted(about["versions"].items()))
        sgemm = ", ".join(f"{row}: {rate:.0f}" for row, rate in self.results["sgemm"].items())
        return (
            f"### Work, and agreement\n\n{lines_of(head, rows)}\n\n"
            f"sgemm of 1024 x 1024 x 1024 by NumPy's BLAS in the same rounds, GFLOP/s (workload threads): {sgemm}.\n\n"
            f"{about['when']}; {about['processor']}, {about['cores']} cores; {versions}; {about['rounds']} rounds of "
            f"{about['samples']} blocks of at least {about['block_ms']:g} ms; {about['seconds']:.0f} s in all."
        )
