"""The one Jinja2 environment that every emitter renders through."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bpgen.algebra.errors import InternalError
from bpgen.emit.marks import mark


def template_folder() -> Path:
    """Where the templates are: in the installed package, else beside it in the checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "templates", package.parent / "templates"):
        if folder.is_dir():
            return folder
    raise InternalError(f"no templates: neither {package / 'templates'} nor {package.parent / 'templates'} exists")


@cache
def environment() -> Environment:
    """Built once a process, for compiling templates is slow.

    Nothing is escaped here, for the targets are not HTML: emitters pass text that is already safe in its
    place (identifiers of bpgen.emit.names, quoted strings).  An undefined name is an error.
    """
    found = Environment(
        loader=FileSystemLoader(template_folder()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    found.filters["mark"] = mark
    return found


def render(template: str, **values: object) -> str:
    """The text of a template, named from the template folder on: "numpy/module.py.j2"."""
    return environment().get_template(template).render(**values)
