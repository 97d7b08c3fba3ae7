"""The command line.  Exit status: 0, 1 (the answer is no), 2 (cannot be done; the message says why)."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click

from bpgen import __version__
from bpgen.algebra.errors import BpgenError, SpecError
from bpgen.files import write_text
from bpgen.options import DTYPES, TARGETS, meaning

FILE = click.argument("file", type=click.Path(path_type=Path))
TARGET = click.option("--target", metavar="|".join(TARGETS), help=meaning("target"))
DTYPE = click.option("--dtype", metavar="|".join(DTYPES), default="float32", show_default=True, help=meaning("dtype"))
JSON = click.option("--json", "as_json", is_flag=True, help="for machines")


def explained(function: Callable[..., None]) -> Callable[..., None]:
    """A command: -v explains on standard error; a BpgenError is printed without a traceback, exit status 2."""

    @click.option("-v", "--verbose", is_flag=True, help="say what is done")
    @wraps(function)
    def command(verbose: bool, **arguments: Any) -> None:
        as_json = bool(arguments.get("as_json"))
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *rest, **more: click.echo(f"note: {message}", err=True)
            try:
                if verbose:
                    _explain_machine()
                function(**arguments)
            except BpgenError as failure:
                _fail(failure, as_json)
            except OSError as failure:
                where = f"{failure.filename}: " if failure.filename else ""
                _fail(BpgenError(f"{where}{failure.strerror or failure}"), as_json)
            except MemoryError as failure:
                more = f": {failure}" if str(failure) else ""
                _fail(BpgenError(f"not enough memory{more}; fewer rows a call, or smaller layers"), as_json)

    return command


def _check_folder(file: Path | None) -> None:
    """A folder that is not there is likelier a slip than a wish."""
    if file is not None and not file.parent.is_dir():
        raise BpgenError(f"{file}: there is no folder {file.parent}; make it first, or choose another place")


def _fail(failure: BpgenError, as_json: bool) -> NoReturn:
    click.echo(_failure_json(failure) if as_json else str(failure), err=not as_json)
    sys.exit(2)


def _failure_json(failure: BpgenError) -> str:
    if isinstance(failure, SpecError):
        return json.dumps({"errors": [asdict(item) for item in failure.diagnostics]}, indent=1)
    return json.dumps({"errors": [{"code": type(failure).__name__, "message": str(failure)}]}, indent=1)


def _explain_machine() -> None:
    from bpgen.algebra.errors import CompileError
    from bpgen.run.cache import configured_folder
    from bpgen.run.toolchain import find_toolchain

    click.echo(f"bpgen {__version__}; cache: {configured_folder()}", err=True)
    try:
        found = find_toolchain()
    except CompileError as failure:
        click.echo(f"C compiler: {failure}", err=True)
        return
    dropped = f"; refused: {' '.join(found.dropped)}" if found.dropped else ""
    click.echo(f"C compiler: {' '.join(found.command)} ({found.version}); {' '.join(found.flags)}{dropped}", err=True)


def _table(headings: Iterable[str], rows: Iterable[Iterable[Any]], title: str = "") -> None:
    """Names come from a user: they are shown as they are, never read as rich's markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None, title_justify="left")
    for number, heading in enumerate(headings):
        justify: Any = "right" if number and heading[:1].islower() else "left"
        table.add_column(heading, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)


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
    _check_folder(path)
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
    _table(("Layer", "Type", "Reads", "Shape", "parameters", "operations a row"), rows, found.name)
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
        _table(("What", "Of", "entries", "kinks", "error", "Verdict", "Note"), rows, str(file))
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
    _check_folder(output)
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
@explained
def generate(file: Path, target: str, dtype: str, output: Path) -> None:
    """Write the generated source."""
    from bpgen.api import generate as generate_source
    from bpgen.api import load

    source = generate_source(load(file), target, dtype)
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
@click.option("--batch", type=click.IntRange(1, 2**31 - 1), help="rows of a call; default: batch_size of [train]")
@click.option("--explain", is_flag=True, help="also how each contraction is written in C, and why")
@JSON
@explained
def bench(file: Path, target: str | None, dtype: str, batch: int | None, *, explain: bool, as_json: bool) -> None:
    """Measure step time and operations per second, beside NumPy's matrix product."""
    from bpgen.api import build, load, lower
    from bpgen.emit.c_explain import explain as explain_contractions
    from bpgen.summary import measure

    model = load(file)
    network = build(model, target, dtype)
    schedule, _ = lower(model, dtype)
    rows = batch or int(model.train.get("batch_size", 1))
    timings = measure(network, schedule, rows)
    ways = explain_contractions(schedule, dtype, rows) if explain else []
    if as_json:
        times = [{**asdict(item), "rate": item.rate, "target": network.target, "dtype": dtype} for item in timings]
        click.echo(
            json.dumps({"times": times, "contractions": list(map(asdict, ways))} if explain else times, indent=1)
        )
        return
    shown = [
        (item.call, f"{item.seconds * 1e6:.2f} us", f"{item.operations:,}", f"{item.rate / 1e9:.2f} G/s",
         f"{item.rate / item.gemm_rate:.1%}")
        for item in timings
    ]  # fmt: skip
    title = f"{model.name}: {network.target}, {dtype}, {timings[0].batch if timings else 0} rows"
    _table(("Call", "time", "operations", "rate", "of gemm"), shown, title)
    if timings:
        click.echo(f"gemm: NumPy's matrix product here reaches {timings[0].gemm_rate / 1e9:.1f} G/s")
    if explain:
        headings = ("Equation", "sizes", "In C", "estimated", "Because")
        _table(headings, (way.cells for way in ways), f"Contractions, {rows} rows; estimated share of full tiles")


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
    _table(("Shelf", "Key", "bytes"), ((e.shelf, e.key[:24], f"{e.size:,}") for e in found),
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
    _check_folder(output)
    write_text(output, schema_text())
    click.echo(f"{output} written")
