"""Building and keeping compiled modules: concurrency, damage, and the words of every failure."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bpgen.algebra.errors import CompileError
from bpgen.emit.c_flags import FLAGS, LONG_LEVEL
from bpgen.run import cache, toolchain
from bpgen.run import compile as compiling
from bpgen.run.compile import Unit, compile_unit, module_key, module_name
from bpgen.run.network import open_network
from bpgen.run.toolchain import find_toolchain

ADD = Unit({"add.c": "int add(int a, int b) { return a + b; }\n", "add.h": "int add(int a, int b);\n"},
           "int add(int a, int b);", (LONG_LEVEL, *FLAGS))  # fmt: skip

CHILD = """
import sys
from bpgen.run.compile import Unit, compile_unit
files = {"add.c": "int add(int a, int b) { return a + b; }\\n", "add.h": "int add(int a, int b);\\n"}
module = compile_unit(Unit(files, "int add(int a, int b);"))
print(module.lib.add(2, 3))
"""


def start(code: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=dict(os.environ, **environment),
    )  # fmt: skip


def test_calls_the_compiled_function(cache_folder):
    assert compile_unit(ADD).lib.add(2, 3) == 5


def test_says_nothing_on_stdout(cache_folder, capfd):
    compile_unit(ADD)
    assert capfd.readouterr() == ("", "")


def test_eight_processes_build_at_once(cache_folder):
    children = [start(CHILD) for _ in range(8)]
    results = [child.communicate(timeout=120) for child in children]
    assert [child.returncode for child in children] == [0] * 8, results
    assert [out for out, _ in results] == ["5\n"] * 8
    assert not list(cache_folder.glob("tmp-*"))


def test_a_second_process_compiles_nothing(cache_folder, tmp_path):
    log = tmp_path / "calls"
    compiler = tmp_path / "my cc"  # a space in the path: it is called by a list of arguments
    compiler.write_text(f'#!/bin/sh\necho call >> "{log}"\nexec cc "$@"\n')
    compiler.chmod(0o755)
    for expected_new in (True, False):
        before = len(log.read_text().splitlines()) if log.exists() else 0
        child = start(CHILD, BPGEN_CC=f"'{compiler}'")
        assert child.communicate(timeout=60)[0] == "5\n"
        assert (len(log.read_text().splitlines()) > before) is expected_new


def test_no_compile_makes_a_miss_an_error(cache_folder, monkeypatch):
    monkeypatch.setenv("BPGEN_NO_COMPILE", "1")
    with pytest.raises(CompileError, match="BPGEN_NO_COMPILE"):
        compile_unit(ADD)
    monkeypatch.delenv("BPGEN_NO_COMPILE")
    compile_unit(ADD)
    monkeypatch.setenv("BPGEN_NO_COMPILE", "1")
    monkeypatch.setattr(compiling, "_loaded", {})
    compile_unit(ADD)


def test_half_built_folder_is_ignored(cache_folder):
    planted = cache_folder / "tmp-1-dead"
    planted.mkdir(parents=True)
    (planted / "_bpk.so").write_bytes(b"half")
    name = module_name(module_key(ADD, find_toolchain()))
    (cache_folder / "modules" / name).mkdir(parents=True)
    (cache_folder / "modules" / name / "add.c").write_text("half")
    assert compile_unit(ADD).lib.add(1, 1) == 2


@pytest.mark.parametrize("damage", ["truncate", "other", "meta"])
def test_damaged_library_is_built_again(cache_folder, damage):
    assert start(CHILD).wait(60) == 0
    (library,) = cache_folder.glob("modules/*/*.so")
    whole = library.read_bytes()
    match damage:
        case "truncate":
            library.write_bytes(whole[: len(whole) // 2])
        case "other":
            library.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        case "meta":
            (library.parent / "meta.json").write_text("{")
    child = start(CHILD)
    assert child.communicate(timeout=60)[0] == "5\n"
    assert child.returncode == 0


def test_killed_build_leaves_a_usable_cache(cache_folder, tmp_path):
    compiler = tmp_path / "slow"
    compiler.write_text('#!/bin/sh\ncase "$*" in *-shared*) sleep 30;; esac\nexec cc "$@"\n')
    compiler.chmod(0o755)
    child = start(CHILD, BPGEN_CC=str(compiler))
    for _ in range(300):
        if list(cache_folder.glob("tmp-*/add.c")):
            break
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.1)
    child.kill()
    child.communicate()
    assert list(cache_folder.glob("tmp-*"))
    assert compile_unit(ADD).lib.add(2, 2) == 4


def test_key_changes_with_all_that_decides(cache_folder):
    found = find_toolchain()
    key = module_key(ADD, found)
    assert module_key(ADD, found) == key
    assert module_key(replace(ADD, files=dict(reversed(ADD.files.items()))), found) == key
    others = [
        module_key(replace(ADD, flags=ADD.flags[:-1]), found),
        module_key(ADD, replace(found, processor="-march=other")),
        module_key(ADD, replace(found, version="other 1.0")),
        module_key(ADD, replace(found, command=("/usr/bin/other",))),
        module_key(replace(ADD, files={**ADD.files, "add.c": ADD.files["add.c"] + "\n"}), found),
        module_key(replace(ADD, cdef=ADD.cdef + "\n"), found),
    ]
    assert len({key, *others}) == 7


def test_march_native_is_resolved(cache_folder):
    processor = find_toolchain().processor
    assert processor and "native" not in processor


def test_never_fast_math(cache_folder):
    for words in compiling.build_commands(ADD, find_toolchain(), "m"):
        command = " ".join(words)
        assert "fast-math" not in command and "-Ofast" not in command and "-fno-math-errno" in command


def test_read_only_cache_falls_back(cache_folder, monkeypatch):
    monkeypatch.setattr(cache, "_can_write", lambda folder: folder != cache_folder)  # root may write anywhere
    monkeypatch.setattr(cache, "_private", [])
    with pytest.warns(RuntimeWarning, match="cannot be written") as warned:
        assert compile_unit(ADD).lib.add(2, 3) == 5
    assert len(warned) == 1
    (folder,) = cache._private
    assert not cache_folder.exists()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_full_read_only_cache_still_serves(cache_folder, monkeypatch):
    compile_unit(ADD)
    monkeypatch.setattr(compiling, "_loaded", {})
    monkeypatch.setattr(cache, "_can_write", lambda folder: False)
    monkeypatch.setenv("BPGEN_NO_COMPILE", "1")
    assert compile_unit(ADD).lib.add(2, 3) == 5
    assert cache._private == []


def no_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("CC", "BPGEN_CC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(toolchain.sysconfig, "get_config_var", lambda name: None)


def test_no_compiler_says_what_to_install(cache_folder, monkeypatch, tmp_path):
    no_compiler(monkeypatch, tmp_path)
    with pytest.raises(CompileError, match=r"no C compiler found[\s\S]*apt install gcc[\s\S]*BPGEN_CC"):
        compile_unit(ADD)


def test_bpgen_cc_that_is_not_there(cache_folder, monkeypatch):
    monkeypatch.setenv("BPGEN_CC", "no-such-cc --flag")
    with pytest.raises(CompileError, match="BPGEN_CC names 'no-such-cc --flag'"):
        compile_unit(ADD)


def test_compiler_that_does_not_work(cache_folder, monkeypatch, tmp_path):
    broken = tmp_path / "cc"
    broken.write_text("#!/bin/sh\necho 'licence expired' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("BPGEN_CC", str(broken))
    with pytest.raises(CompileError, match=r"does not work[\s\S]*licence expired"):
        compile_unit(ADD)


def test_refused_flags_are_dropped(cache_folder, monkeypatch, tmp_path):
    picky = tmp_path / "cc"
    picky.write_text('#!/bin/sh\ncase "$*" in *-march=native*) echo no >&2; exit 1;; esac\nexec cc "$@"\n')
    picky.chmod(0o755)
    monkeypatch.setenv("BPGEN_CC", str(picky))
    assert find_toolchain().dropped == ("-march=native",)
    assert compile_unit(ADD).lib.add(2, 3) == 5


def test_words_in_bpgen_cc_reach_no_shell(cache_folder, monkeypatch, tmp_path):
    mark = tmp_path / "mark"
    monkeypatch.setenv("BPGEN_CC", f"cc; touch {mark}")
    with pytest.raises(CompileError):
        compile_unit(ADD)
    assert not mark.exists()


def test_failure_shows_command_output_and_kept_source(cache_folder):
    wrong = replace(ADD, files={**ADD.files, "add.c": "int add(int a, int b) { return a + c; }\n"})
    with pytest.raises(CompileError) as failure:
        compile_unit(wrong)
    text = str(failure.value)
    assert "-O3" in text and "error: 'c' undeclared" in text.replace("‘", "'").replace("’", "'") and "hint:" in text
    kept = Path(next(line for line in text.splitlines() if "kept in" in line).partition("kept in ")[2])
    assert (kept / "add.c").read_text() == wrong.files["add.c"]
    assert not list(cache_folder.glob("tmp-*"))


def test_records_that_are_damaged_are_not_there(cache_folder):
    cache.store_record("sources", "k", {"a": 1})
    assert cache.load_record("sources", "k") == {"a": 1}
    path = cache_folder / "sources" / "k.json"
    outer = json.loads(path.read_text())
    for text in ("", "{", "[]", json.dumps({**outer, "entry": outer["entry"].replace("1", "2")})):
        path.write_text(text)
        assert cache.load_record("sources", "k") is None
    cache.store_record("sources", "k", {"a": 3})
    assert cache.load_record("sources", "k") == {"a": 3}


def test_clear_spares_what_a_build_may_own(cache_folder):
    compile_unit(ADD)
    young, old = cache_folder / "tmp-1-young", cache_folder / "tmp-1-old"
    for folder in (young, old):
        folder.mkdir()
    os.utime(old, (0, 0))
    assert {entry.shelf for entry in cache.entries()} >= {"modules", "toolchains"}
    assert cache.clear() >= 2
    assert cache.entries() == []
    assert young.exists() and not old.exists()


def test_the_gil_is_released(cache_folder):
    """A C call that waits for another Python thread returns only if that thread may run."""
    import threading

    code = "void wait_for(volatile int *flag) { while (!*flag) { } }\n"
    unit = Unit({"w.c": '#include "w.h"\n' + code, "w.h": "void wait_for(volatile int *flag);\n"},
                "void wait_for(int *flag);")  # fmt: skip
    module = compile_unit(unit)
    flag = np.zeros(1, np.int32)
    timer = threading.Timer(0.2, lambda: flag.__setitem__(0, 1))
    timer.start()
    module.lib.wait_for(module.ffi.from_buffer("int[]", flag))
    assert flag[0] == 1


def test_two_networks_of_one_name_do_not_meet(cache_folder, toy):
    """The compiled entries of both are called toy_step: each module must call its own."""
    one, two = open_network(toy(3, 4)), open_network(toy(5, 2))
    for net, inputs, classes in ((one, 3, 4), (two, 5, 2), (one, 3, 4)):
        assert net.forward(x=np.ones((2, inputs))).shape == (2, classes)
        expected = np.ones((2, inputs)) @ net.parameters["fc.weight"].T + net.parameters["fc.bias"]
        np.testing.assert_allclose(net.forward(x=np.ones((2, inputs))), expected, rtol=1e-12)


@pytest.mark.parametrize("level", ["-O2", "-O3"])
def test_a_file_is_compiled_with_what_it_asks_for(level):
    unit = Unit({"x.c": ""}, "", (level, "-std=c11", "-funknown"))
    chain = toolchain.Toolchain(("cc",), ("-O2", "-O3", "-std=c11"), (), "cc 1", "any")
    commands = compiling.build_commands(unit, chain, "m")
    assert ["x.c" in command for command in commands] == [False, True, False]  # the wrapper, the file, the library
    for command, own in zip(commands, ("-O1", level, level), strict=True):
        assert [word for word in command if word.startswith("-O")] == [own]
        assert "-std=c11" in command and "-funknown" not in command
    assert all("-O1" in command for command in compiling.build_commands(unit, toolchain.careful(chain), "m"))


def test_sources_are_compiled_each_and_linked(cache_folder):
    twice = Unit(
        {"both.h": "int twice(int); int more(int);",
         "twice.c": '#include "both.h"\nint twice(int a) { return 2 * a; }\n',
         "more.c": '#include "both.h"\nint more(int a) { return twice(a) + 1; }\n'},
        "int twice(int a); int more(int a);",
    )  # fmt: skip
    module = compile_unit(twice)
    assert (module.lib.twice(4), module.lib.more(4)) == (8, 9)
    assert not [*cache_folder.rglob("*.o")]
