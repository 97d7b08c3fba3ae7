"""What emitted C reads like, and what may not be in it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from c_runner import WARNINGS, compiler, emitted, trained

from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, System, Tensor

needs_compiler = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")

PERCEPTRON = {
    "bpgen": 1, "name": "net",
    "inputs": {"x": {"shape": ["B", 20]}, "label": {"shape": ["B"], "dtype": "int32", "classes": 7}},
    "layers": [
        {"name": "fc1", "type": "linear", "units": 20, "activation": "relu"},
        {"name": "fc2", "type": "linear", "units": 20, "activation": "gelu"},
        {"name": "fc3", "type": "linear", "units": 20, "activation": "gelu"},
        {"name": "out", "type": "linear", "units": 7},
    ],
    "loss": {"type": "cross_entropy", "target": "label"},
    "optimizer": {"type": "adam", "lr": 0.01},
}  # fmt: skip


@pytest.fixture(scope="module")
def source():
    return emitted(trained(PERCEPTRON))


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def functions(text):
    """Name -> text of each kernel, its comment first."""
    found = re.findall(r"(/\*(?:(?!\*/).)*\*/\nstatic void (\w+)\(\n.*?\n}\n)", text, flags=re.DOTALL)
    return {name: body for body, name in found}


def test_files_and_declarations(source):
    assert sorted(source.files) == ["net.c", "net.h"]
    for program in ("forward", "loss", "gradients", "input_gradients", "step"):
        declaration = f"double net_{program}(const net_network *net);"
        assert declaration in source.files["net.h"] and declaration in source.cdef
    assert "const real *in_x; /* [B, 20] */" in source.cdef and "const int32_t *in_label;" in source.cdef
    assert "#" not in source.cdef  # cffi takes no preprocessor


def test_each_kernel_stands_below_its_equations(source):
    kernel = functions(source.files["net.c"])["linear_relu_20_20"]
    assert "(1) fc1.z[b, o] = sum[i](x[b, i] * fc1.weight[o, i]) + fc1.bias[o]" in kernel
    assert "(2) fc1[b, o] = max(0, fc1.z[b, o])" in kernel
    assert "real *restrict fc1," in kernel and "const real *restrict weight, /* [20, 20] */" in kernel


def test_a_kernel_names_all_the_equations_it_serves(source):
    kernel = functions(source.files["net.c"])["linear_gelu_20_20"]
    own = re.findall(r"^   \((\d+)\) fc2", kernel, flags=re.MULTILINE)
    others = re.search(r"and, in other places, (.*)\n", kernel)
    assert own[0] == "3" and re.findall(r"\d+", others[1]) == [str(int(own[-1]) + n + 1) for n in range(len(own))]


def test_single_precision_has_no_double_in_it(source):
    """Literals with a point or an exponent carry an f, functions of math.h too, but for what is double on purpose."""
    text = without_comments(source.files["net.c"])
    kernels = re.findall(r"static void (\w+)\(([^)]*)\)\n{(.*?)\n}\n", text, flags=re.DOTALL)
    seen = 0
    for _, parameters, body in kernels:
        if "double" not in parameters:
            seen += 1
            assert not re.search(r"\b\d+\.\d*(e[+-]?\d+)?(?![\df])|\b\d+e[+-]?\d+(?!f)", body), body
            assert not re.search(r"\b(exp|log|tanh|erf|sqrt|pow|fabs|log1p|expm1|sin|cos)\(", body), body
            assert "double" not in body
    assert seen > 5
    helpers = text[: text.index("#if defined(__AVX512F__)")]
    assert not re.search(r"\b(exp|fabs|log1p)\(", helpers)


def test_double_precision_has_no_float_in_it():
    text = without_comments(emitted(trained(PERCEPTRON), "float64").files["net.c"])
    assert not re.search(r"\bfloat\b|\b\d+\.\d+f\b|\b(expf|tanhf|erff|sqrtf)\b", text)


def test_no_allocation_and_no_state_of_its_own(source):
    text = without_comments(source.files["net.c"])
    assert not re.search(r"\b(malloc|calloc|realloc|free|alloca)\b", text)
    assert not re.search(r"^static (?!void|inline|real|int)", text, flags=re.MULTILINE)
    assert not re.search(r"^[ \t]+static ", text, flags=re.MULTILINE)


def test_lines_end_and_fit(source):
    for text in source.files.values():
        assert text.endswith("\n") and not text.endswith("\n\n")
        assert not re.search(r"[ \t]+$", text, flags=re.MULTILINE)
        assert not re.search(r"\n\n\n", text)


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from c_runner import emitted, trained
from test_c_text import PERCEPTRON
source = emitted(trained(PERCEPTRON))
print(source.files["net.c"], source.files["net.h"], source.cdef, source.interface.to_json())
"""


def test_text_does_not_depend_on_the_hash_seed():
    texts = []
    for seed in ("0", "1", "4242"):
        environment = dict(os.environ, PYTHONHASHSEED=seed)
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(Path(__file__).parent)], env=environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        texts.append(done.stdout)
    assert texts[0] == texts[1] == texts[2] and "net_step" in texts[0]


def odd_names():
    """Tensors called like keywords, like C's functions, like each other, and like nothing sayable."""
    b, i = Index("b", BATCH), Index("int", 3)
    names = ["double", "batch", "a.b", "a_b", "exp", "tile", "é", "2nd", "maximum"]
    given = {name: Tensor(name, (b, i), role="input") for name in names}
    total = sum(tensor[b, i] for tensor in given.values())
    y = Tensor("*/ return 1; /*", (b, i))
    made = Equation(y, (b, i), total, number=1)
    return System("for", {**given, y.name: y}, (made,), outputs=(y.name,))


def compile_alone(text_files, folder, *flags):
    for name, text in text_files.items():
        (folder / name).write_text(text, encoding="utf-8")
    name = next(name for name in text_files if name.endswith(".c"))
    command = [str(compiler()), "-std=c11", *WARNINGS, *flags, "-c", name, "-o", "out.o"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@needs_compiler
def test_names_of_any_kind_compile(tmp_path):
    source = emitted(odd_names())
    done = compile_alone(source.files, tmp_path, "-Wshadow")
    assert done.returncode == 0, done.stderr
    assert "return 1" not in without_comments(source.files["for_.c"])


@needs_compiler
@pytest.mark.parametrize(
    "flags", [(), ("-O1", "-DPLAIN_C"), ("-O3", "-march=native", "-Wconversion", "-Wno-sign-conversion")]
)
def test_compiles_without_a_warning(source, flags, tmp_path):
    done = compile_alone(source.files, tmp_path, *flags)
    assert done.returncode == 0, done.stderr


@needs_compiler
def test_header_is_cpp(source, tmp_path):
    (tmp_path / "net.h").write_text(source.files["net.h"], encoding="utf-8")
    (tmp_path / "main.cpp").write_text('#include "net.h"\n', encoding="utf-8")
    command = [str(compiler()), "-x", "c++", "-Wall", "-Wextra", "-pedantic", "-fsyntax-only", "main.cpp"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if "cc1plus" in done.stderr:
        pytest.skip("no C++ compiler")
    assert done.returncode == 0, done.stderr


MAIN = """
#include "net.h"
#include <stdlib.h>
#include <stdio.h>
int main(void)
{
    enum { BATCH = %(batch)d };
    net_network net = {.batch = BATCH, .capacity = BATCH};
    net.parameters = calloc(%(parameters)d, sizeof(real));
    net.gradients = calloc(%(parameters)d, sizeof(real));
    net.states = calloc(%(states)d, sizeof(real));
    net.workspace = calloc(%(workspace)d, sizeof(real));
    net.counters = calloc(%(counters)d, sizeof(double));
    double *settings = calloc(%(settings)d, sizeof(double));
    real *x = calloc(BATCH * 20, sizeof(real));
    int32_t *label = calloc(BATCH, sizeof(int32_t));
    for (int n = 0; n < %(settings)d; n++)
        settings[n] = 0.5;
    for (int n = 0; n < %(parameters)d; n++)
        net.parameters[n] = (real)(n %% 13) / 13 - (real)0.4;
    for (int n = 0; n < BATCH; n++)
        label[n] = n %% 7;
    net.settings = settings;
    net.in_x = x;
    net.in_label = label;
    net_forward(&net);
    net_gradients(&net);
    net_input_gradients(&net);
    const double first = net_loss(&net), step = net_step(&net);
    printf("%%d\\n", first == step && first > 0);
    free(net.parameters), free(net.gradients), free(net.states), free(net.workspace), free(net.counters);
    free(settings), free(x), free(label);
    return 0;
}
"""


@needs_compiler
@pytest.mark.parametrize("batch", [1, 7])
def test_address_and_undefined_behaviour_sanitizers_find_nothing(source, batch, tmp_path):
    """Blocks of exactly the sizes that the interface states: one element beyond is an error."""
    interface = source.interface
    constant, linear, square = interface.workspace
    sizes = {
        "batch": batch, "parameters": interface.parameter_size, "states": interface.state_size,
        "workspace": constant + linear * batch + square * batch**2, "counters": len(interface.counters),
        "settings": len(interface.settings),
    }  # fmt: skip
    source.write(tmp_path)
    (tmp_path / "main.c").write_text(MAIN % sizes, encoding="utf-8")
    sanitizers = "-fsanitize=address,undefined"
    command = [str(compiler()), "-std=c11", "-O1", "-g", "-march=native", sanitizers, "-fno-sanitize-recover", "main.c",
               "net.c", "-o", "run", "-lm"]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if done.returncode != 0 and re.search(r"lib(a|ub)san", done.stderr):
        pytest.skip("the compiler has no sanitizers")
    assert done.returncode == 0, done.stderr
    ran = subprocess.run([str(tmp_path / "run")], capture_output=True, text=True, check=False)
    assert ran.returncode == 0 and ran.stdout == "1\n", ran.stderr
