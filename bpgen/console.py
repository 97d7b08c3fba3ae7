"""How commands speak: the options they share, tables, and failures without a traceback."""

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
from bpgen.options import DTYPES, TARGETS, meaning

FILE = click.argument("file", type=click.Path(path_type=Path))
TARGET = click.option("--target", metavar="|".join(TARGETS), help=meaning("target"))
DTYPE = click.option("--dtype", metavar="|".join(DTYPES), default="float32", show_default=True, help=meaning("dtype"))
BATCH = click.option(
    "--batch", type=click.IntRange(1, 2**31 - 1), help="rows of a call; default: batch_size of [train]"
)
TUNED = click.option("--tuned", is_flag=True, help=meaning("tuned"))
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


def check_folder(file: Path | None) -> None:
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


def print_table(headings: Iterable[str], rows: Iterable[Iterable[Any]], title: str = "") -> None:
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


def speed(seconds: float) -> str:
    return f"{seconds * 1e6:.2f} us"
