"""The command line.  Exit status: 0, 1 (the answer is no), 2 (cannot be done; the message says why)."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bpgen import __version__
from bpgen.algebra.errors import BpgenError
from bpgen.console import BATCH, DTYPE, FILE, JSON, TARGET, TUNED, check_folder, explained, print_table, speed
from bpgen.files import write_text
from bpgen.options import TARGETS, meaning


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """From a neural network description to its derived gradient, printed, and to fast NumPy and C."""


@main.command()
@click.argument("kind")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="default: KIND.toml")
@click.option("--force", is_flag=True, help="replace the file if it is there")
@explained
def new(kind: str, output: Path | None, force: bool) -> None:
    """Write a description to begin with: mlp, autoencoder or logistic."""
    from bpgen.starters import SCHEMA, schema_text, starter

    text = starter(kind, kind)
    path = output or Path(f"{kind}.toml")
    check_folder(path)
    if path.exists() and not force:
        raise BpgenError(f"{path} is there already; --force replaces it")
    write_text(path, text)
    write_text(path.with_name(SCHEMA), schema_text())  # beside it, so that both can be committed and moved
    click.echo(f"{path} written; next: bpgen check {path}, bpgen train {path}")


@main.command()
@FILE
@DTYPE
@JSON
@explained
def show(file: Path, dtype: str, as_json: bool) -> None:
    """Show the network as a table: layers, shapes, parameters, operations, memory."""
    from bpgen.api import load
    from bpgen.run.arrays import show_shape
    from bpgen.summary import merged, summarise

    found = summarise(load(file), dtype)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=1))
        return
    rows = [
        (row.name, f"{row.type} ({count} times)" if count > 1 else row.type, ", ".join(row.written),
         show_shape(row.shape), f"{row.parameters:,}", f"{row.operations:,}")
        for row, count in merged(found.layers)
    ]  # fmt: skip
    print_table(("Layer", "Type", "Reads", "Shape", "parameters", "operations a row"), rows, found.name)
    saved = f", {found.unshared_bytes:,} without sharing" if found.unshared_bytes > found.arena_bytes else ""
    click.echo(f"{found.parameters:,} parameters ({found.parameter_bytes:,} bytes {found.dtype}, "
               f"optimiser {found.state_bytes:,} bytes)")  # fmt: skip
    click.echo(f"{found.equations} equations for outputs and loss; {found.kernels} kernels")
    click.echo(f"a step of {found.batch} rows: {found.calls} calls, {found.step_operations:,} operations")
    click.echo(f"arena for {found.batch} rows: {found.arena_bytes:,} bytes{saved}")


@main.command()
@FILE
@TARGET
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="of the random values")
@JSON
@explained
def check(file: Path, target: str | None, seed: int, as_json: bool) -> None:
    """Verify description, equations and gradients numerically; exit status 1 if one is wrong."""
    from bpgen.api import load
    from bpgen.checking import check as check_model

    findings = check_model(load(file), target, seed)
    wrong = [finding for finding in findings if finding.ok is False]
    if as_json:
        click.echo(json.dumps({"ok": not wrong, "findings": [asdict(item) for item in findings]}, indent=1))
    else:
        words = {True: "right", False: "WRONG", None: "not checked"}
        rows = [
            (item.kind, item.name, item.compared, item.kinks, f"{item.error:.1e}", words[item.ok], item.note)
            for item in findings
        ]
        print_table(("What", "Of", "entries", "kinks", "error", "Verdict", "Note"), rows, str(file))
        click.echo("every comparison agrees" if not wrong else f"{len(wrong)} of {len(findings)} are wrong")
    sys.exit(1 if wrong else 0)


@main.command()
@FILE
@click.option("--format", "form", type=click.Choice(["text", "latex", "html", "pdf"]), default="text",
              show_default=True)  # fmt: skip
@click.option("--notation", type=click.Choice(["index", "matrix"]), default="index", show_default=True)
@click.option("--steps", is_flag=True, help="with every rewrite and its reason")
@click.option("--full", is_flag=True, help="write out layers that are alike, each with its own numbers")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="a file in place of stdout")
@explained
def derive(file: Path, form: str, output: Path | None, **options: Any) -> None:
    """Derive the gradient and print the derivation."""
    from bpgen.api import load, render_derivation
    from bpgen.files import write_pdf

    if form == "pdf" and output is None:
        raise BpgenError("pdf: name the file to write with -o")
    check_folder(output)
    text = render_derivation(load(file), "latex" if form == "pdf" else form, **options)
    if output is None:
        click.echo(text)
        return
    if form == "pdf":
        write_pdf(output, text)
    else:
        write_text(output, text)
    click.echo(f"{output} written")


@main.command()
@FILE
@click.argument("formula")
@JSON
@explained
def claim(file: Path, formula: str, as_json: bool) -> None:
    """Say whether a gradient derived by hand is right, and if not, where; exit status 1 if it is wrong.

    FORMULA is in the equation language, as in 'dW[o, i] = sum[b](delta[b, o] * x[b, i])', in matrix notation, as in
    'dW = delta^T x', or in LaTeX; - reads it from standard input.
    """
    from bpgen.api import derive as derive_model

    text = sys.stdin.read() if formula == "-" else formula
    verdict = derive_model(file).check_claim(text)
    click.echo(json.dumps(verdict.as_json(), indent=1) if as_json else str(verdict))
    sys.exit(0 if verdict else 1)


@main.command()
@FILE
@click.option("--target", metavar="|".join(TARGETS), default="numpy", show_default=True, help=meaning("target"))
@DTYPE
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=Path("generated"),
              show_default=True, help="the folder to write to")  # fmt: skip
@TUNED
@explained
def generate(file: Path, target: str, dtype: str, output: Path, *, tuned: bool) -> None:
    """Write the generated source."""
    from bpgen.api import generate as generate_source
    from bpgen.api import load

    source = generate_source(load(file), target, dtype, tuned=tuned)
    for name, text in sorted(source.files.items()):
        write_text(output / name, text)
        click.echo(f"{output / name} written")


@main.command()
@FILE
@click.option("--data", help="digits, mnist, xor, or a .npz or .csv file")
@TARGET
@DTYPE
@click.option("--epochs", type=click.IntRange(min=0), help="how many (more, with --resume)")
@click.option("--batch-size", type=click.IntRange(1, 2**31 - 1), help="rows of a step")
@click.option("--seed", type=click.IntRange(min=0), help="of the parameters, the held-out rows and their order")
@click.option("--patience", type=click.IntRange(min=0), help="epochs without progress before it stops; 0: never")
@click.option("--resume", type=click.Path(path_type=Path), help="go on from a checkpoint, bit for bit")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default=Path("runs"), show_default=True,
              help="everything is written to a folder in it, called like the network")  # fmt: skip
@TUNED
@JSON
@explained
def train(file: Path, as_json: bool, **options: Any) -> None:
    """Train on a data set; write code, derivation, history and checkpoint."""
    from bpgen.training import train_file

    result = train_file(file, progress=not as_json, **options)
    if as_json:
        click.echo(json.dumps(result.as_json(), indent=1))
        return
    for line in result.lines():
        click.echo(line)


@main.command()
@FILE
@TARGET
@DTYPE
@BATCH
@TUNED
@click.option("--explain", is_flag=True, help="also how each contraction is written in C, and why")
@JSON
@explained
def bench(
    file: Path, target: str | None, dtype: str, batch: int | None, *, tuned: bool, explain: bool, as_json: bool
) -> None:
    """Measure step time and operations per second, beside NumPy's matrix product."""
    from bpgen.api import build, load, lower, measured_ways, rows_of
    from bpgen.emit.c_explain import explain as explain_contractions
    from bpgen.options import Options
    from bpgen.summary import measure

    model = load(file)
    rows = rows_of(model, batch)
    network = build(model, target, dtype, batch=rows if tuned else None, tuned=tuned)
    schedule, _ = lower(model, dtype)
    timings = measure(network, schedule, rows)
    measured = measured_ways(model, Options("c", dtype, batch=rows, tuned=tuned))
    ways = explain_contractions(schedule, dtype, rows, measured) if explain else []
    if as_json:
        times = [{**asdict(item), "rate": item.rate, "target": network.target, "dtype": dtype} for item in timings]
        click.echo(
            json.dumps({"times": times, "contractions": list(map(asdict, ways))} if explain else times, indent=1)
        )
        return
    shown = [
        (item.call, speed(item.seconds), f"{item.operations:,}", f"{item.rate / 1e9:.2f} G/s",
         f"{item.rate / item.gemm_rate:.1%}")
        for item in timings
    ]  # fmt: skip
    title = f"{model.name}: {network.target}, {dtype}, {timings[0].batch if timings else 0} rows"
    print_table(("Call", "time", "operations", "rate", "of gemm"), shown, title)
    if timings:
        click.echo(f"gemm: NumPy's matrix product here reaches {timings[0].gemm_rate / 1e9:.1f} G/s")
    if explain:
        headings = ("Equation", "sizes", "In C", "By", "estimated", "Because")
        title = f"Contractions, {rows} rows; estimated share of full tiles"
        print_table(headings, (way.cells for way in ways), title)


@main.command()
@FILE
@DTYPE
@BATCH
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=0.2, show_default=True,
              help="of measuring, for each contraction")  # fmt: skip
@JSON
@explained
def tune(file: Path, dtype: str, batch: int | None, seconds: float, *, as_json: bool) -> None:
    """Measure each contraction in every way that C can be written in, and keep what is fastest on this machine.

    The measurements are kept in the cache, and used where --tuned asks for them.
    """
    from bpgen.api import load
    from bpgen.emit.numbers import numbers_text
    from bpgen.tuning import tune as tune_model

    model = load(file)
    found = tune_model(model, dtype, batch=batch, seconds=seconds, report=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(asdict(found), indent=1))
        return
    rows = [
        (item.kernel, numbers_text(item.equations), item.ways, item.model, speed(item.model_seconds), item.way,
         speed(item.seconds))
        for item in found.contractions
    ]  # fmt: skip
    headings = ("Contraction", "Equation", "ways", "By the model", "time", "Measured", "time")
    print_table(headings, rows, f"{model.name}: {dtype}, {found.batch} rows, one thread")
    for line in found.lines():
        click.echo(line)


@main.command()
@click.argument("action", type=click.Choice(["list", "clear", "path"]), default="list")
@click.option("--clear", "clear_now", is_flag=True, help="the same as `bpgen cache clear`")
@JSON
@explained
def cache(action: str, clear_now: bool, as_json: bool) -> None:
    """List or clear what was generated and compiled, or print where it is kept."""
    from bpgen.run import cache as kept

    if clear_now or action == "clear":
        click.echo(f"{kept.clear()} entries removed from {kept.configured_folder()}")
        return
    if action == "path":
        click.echo(kept.configured_folder())
        return
    found = kept.entries()
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in found], indent=1))
        return
    print_table(("Shelf", "Key", "bytes"), ((e.shelf, e.key[:24], f"{e.size:,}") for e in found),
           f"{kept.configured_folder()}: {sum(e.size for e in found):,} bytes")  # fmt: skip


@main.command()
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="a file in place of stdout")
@explained
def schema(output: Path | None) -> None:
    """Print the JSON Schema of a description."""
    from bpgen.starters import schema_text

    if output is None:
        click.echo(schema_text(), nl=False)
        return
    check_folder(output)
    write_text(output, schema_text())
    click.echo(f"{output} written")
