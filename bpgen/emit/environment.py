"""The one Jinja2 environment that every emitter renders through."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

import jinja2.compiler
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from bpgen.algebra.compiled import identity, load_compiled, store_compiled
from bpgen.algebra.errors import InternalError
from bpgen.emit.marks import mark

# What of an environment, besides its filters, decides the code of a template.
SETTINGS = (
    "block_start_string", "block_end_string", "variable_start_string", "variable_end_string", "comment_start_string",
    "comment_end_string", "line_statement_prefix", "line_comment_prefix", "trim_blocks", "lstrip_blocks",
    "newline_sequence", "keep_trailing_newline", "autoescape",
)  # fmt: skip


class _Beside(BytecodeCache):
    """Keeps the code of templates beside them."""

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        settings = [getattr(environment, setting) for setting in SETTINGS]
        text = f"{settings} {identity(jinja2.compiler)}\n{source}"
        bucket = Bucket(environment, filename or name, sha256(text.encode()).hexdigest())
        self.load_bytecode(bucket)
        return bucket

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = load_compiled(Path(bucket.key), bucket.checksum)
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        store_compiled(Path(bucket.key), bucket.checksum, bucket.bytecode_to_string())


def template_folder() -> Path:
    """Where the templates are: in the installed package, else beside it in the checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "templates", package.parent / "templates"):
        if folder.is_dir():
            return folder
    raise InternalError(f"no templates: neither {package / 'templates'} nor {package.parent / 'templates'} exists")


@cache
def environment() -> Environment:
    """Built once a process.

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
        bytecode_cache=_Beside(),
    )
    found.filters["mark"] = mark
    return found


def keep_templates() -> None:
    """Compile the templates of both targets, so that none is left to those whose time is measured."""
    for name in environment().list_templates(extensions=["j2"]):  # code that was kept lies beside them
        if name.startswith(("c/", "numpy/")):
            environment().get_template(name)


def render(template: str, **values: object) -> str:
    """The text of a template, named from the template folder on: "numpy/module.py.j2"."""
    return environment().get_template(template).render(**values)
