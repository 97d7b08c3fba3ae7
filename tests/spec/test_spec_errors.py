"""What a wrong description gets.  In each text, « » enclose what the diagnostic must point at, to the column."""

from __future__ import annotations

import pytest
from marked_descriptions import HEAD, INPUTS, LABELS, MSE, ONE_LAYER, PLAIN, require_error

CASES = {
    "version": ("bpgen = «2»\n", "version", "version 1"),
    "no version": ("«n»ame = 'net'\n", "missing-key", '"bpgen"'),
    "unknown top key": (HEAD + "«layer» = []\n", "unknown-key", 'did you mean "layers"?'),
    "unknown section": (HEAD + "«[optimiser]»\ntype = 'sgd'\n", "unknown-key", 'did you mean "optimizer"?'),
    "network name": ("bpgen = 1\nname = «'class'»\n", "name", "keyword of Python"),
    "unknown layer key": (
        HEAD + PLAIN + ONE_LAYER + "«unitz» = 10\n" + MSE, "unknown-key",
        'layer "fc1" has no key "unitz"; did you mean "units"?',
    ),
    "unknown key of an inline layer": (
        HEAD + "layers = [\n  { name = 'fc1', type = 'linear', units = 2, «bais» = true },\n]\n" + PLAIN + MSE,
        "unknown-key", 'did you mean "bias"?',
    ),
    "unknown layer type": (
        HEAD + PLAIN + ONE_LAYER + "[[layers]]\nname = 'a'\ntype = «'reluu'»\n" + MSE, "unknown-type",
        'did you mean "relu"?',
    ),
    "layer without units": (
        HEAD + PLAIN + "«[[layers]]»\nname = 'fc1'\ntype = 'linear'\n" + MSE, "missing-key", '"units"',
    ),
    "inline layer without a name": (
        HEAD + "layers = [ «{ type = 'linear', units = 2 }» ]\n" + PLAIN + MSE, "missing-key", '"name"',
    ),
    "units of a wrong type": (
        HEAD + PLAIN + "[[layers]]\nname = 'fc1'\ntype = 'linear'\nunits = «2.5»\n" + MSE, "wrong-type",
        "a positive integer or the name of a size, not 2.5",
    ),
    "units of a boolean": (
        HEAD + PLAIN + "[[layers]]\nname = 'fc1'\ntype = 'linear'\nunits = «true»\n" + MSE, "wrong-type", "true",
    ),
    "units of nothing": (
        HEAD + PLAIN + "[[layers]]\nname = 'fc1'\ntype = 'linear'\nunits = «0»\n" + MSE, "wrong-value", "not 0",
    ),
    "units of an unknown size": (
        HEAD + "sizes = { hidden = 3 }\n" + PLAIN
        + "[[layers]]\nname = 'fc1'\ntype = 'linear'\nunits = «'hiden'»\n" + MSE,
        "unknown-size", 'did you mean "hidden"?',
    ),
    "bias of a number": (HEAD + PLAIN + ONE_LAYER + "bias = «1»\n" + MSE, "wrong-type", "true or false"),
    "unknown activation": (
        HEAD + PLAIN + ONE_LAYER + "activation = «'tahn'»\n" + MSE, "unknown-type", 'did you mean "tanh"?',
    ),
    "unknown choice": (
        HEAD + PLAIN + ONE_LAYER + "activation = { type = 'gelu', approximate = «'tan'» }\n" + MSE, "wrong-value",
        'did you mean "tanh"?',
    ),
    "unknown key of an activation": (
        HEAD + PLAIN + ONE_LAYER + "activation = { type = 'elu', «alfa» = 1 }\n" + MSE, "unknown-key",
        'did you mean "alpha"?',
    ),
    "unknown initialiser": (
        HEAD + PLAIN + ONE_LAYER + "init = «'xavier'»\n" + MSE, "unknown-type", "xavier",
    ),
    "initialiser without its value": (
        HEAD + PLAIN + ONE_LAYER + "init = «'constant'»\n" + MSE, "missing-key", '"value"',
    ),
    "duplicate layer": (
        HEAD + PLAIN + ONE_LAYER + "[[layers]]\nname = «'fc1'»\ntype = 'relu'\n" + MSE, "duplicate-name", "layer 1",
    ),
    "layer called like an input": (
        HEAD + PLAIN + "[[layers]]\nname = «'x'»\ntype = 'linear'\nunits = 2\n" + MSE, "duplicate-name", 'input "x"',
    ),
    "layer called like a size": (
        HEAD + "sizes = { D = 3 }\n" + PLAIN + "[[layers]]\nname = «'D'»\ntype = 'linear'\nunits = 2\n" + MSE,
        "duplicate-name", 'size "D"',
    ),
    "keyword of C": (
        HEAD + PLAIN + "[[layers]]\nname = «'int'»\ntype = 'linear'\nunits = 2\n" + MSE, "name", "keyword of C",
    ),
    "keyword of Python": (
        HEAD + PLAIN.replace("y =", "«lambda» =").replace("'B', 2", "'B', 3") + ONE_LAYER, "name", "keyword of Python",
    ),
    "no identifier": (
        HEAD + PLAIN + "[[layers]]\nname = «'fc 1'»\ntype = 'linear'\nunits = 2\n" + MSE, "name", "identifier",
    ),
    "reserved name": (
        HEAD + PLAIN + "[[layers]]\nname = «'loss'»\ntype = 'linear'\nunits = 2\n" + MSE, "name", "meaning",
    ),
    "unknown input of a layer": (
        HEAD + PLAIN + "[[layers]]\nname = 'a'\ntype = 'linear'\nunits = 2\n"
        + "[[layers]]\nname = 'b'\ntype = 'add'\ninputs = ['a', «'aa'»]\n" + MSE,
        "unknown-input", 'did you mean "a"?',
    ),
    "add of one": (
        HEAD + PLAIN + ONE_LAYER + "«[[layers]]»\nname = 'b'\ntype = 'add'\n" + MSE, "missing-key", "at least 2 inputs",
    ),
    "relu of two": (
        HEAD + PLAIN + ONE_LAYER + "[[layers]]\nname = 'b'\ntype = 'relu'\ninputs = «['fc1', 'fc1']»\n" + MSE,
        "wrong-value", "one input",
    ),
    "input and inputs": (
        HEAD + PLAIN + ONE_LAYER + "«input» = 'x'\ninputs = ['x']\n" + MSE, "wrong-value", "both",
    ),
    "cycle": (
        HEAD + PLAIN + "[[layers]]\nname = 'a'\ntype = 'add'\ninputs = «['x', 'c']»\n"
        "[[layers]]\nname = 'b'\ntype = 'relu'\ninput = 'a'\n[[layers]]\nname = 'c'\ntype = 'relu'\ninput = 'b'\n"
        "[[layers]]\nname = 'e'\ntype = 'linear'\nunits = 2\ninput = 'x'\n" + MSE,
        "cycle", "a -> b -> c -> a",
    ),
    "layer that reads itself": (
        HEAD + PLAIN + "[[layers]]\nname = 'a'\ntype = 'relu'\ninput = «'a'»\n"
        "[[layers]]\nname = 'e'\ntype = 'linear'\nunits = 2\ninput = 'x'\n" + MSE,
        "cycle", "a -> a",
    ),
    "add of two shapes": (
        HEAD + PLAIN + ONE_LAYER + "[[layers]]\nname = 's'\ntype = 'add'\ninputs = «['x', 'fc1']»\n" + MSE,
        "shape", '"x" ["B", 6] and "fc1" ["B", 2]',
    ),
    "multiply of two layers": (
        HEAD + PLAIN + ONE_LAYER + "[[layers]]\nname = 'fc2'\ntype = 'linear'\nunits = 3\n"
        "[[layers]]\nname = 's'\ntype = 'multiply'\ninputs = «['fc1', 'fc2']»\n" + MSE,
        "shape", '"fc1" ["B", 2] and "fc2" ["B", 3]',
    ),
    "linear over the batch": (
        HEAD + "[inputs]\nx = { shape = ['B'] }\n[[layers]]\nname = 'a'\ntype = 'linear'\nunits = 1\ninput = «'x'»\n",
        "shape", '"x" ["B"]',
    ),
    "odd glu": (
        HEAD + "[inputs]\nx = { shape = ['B', 2] }\n[[layers]]\nname = 'a'\ntype = 'linear'\nunits = 3\n"
        "activation = «'glu'»\n",
        "shape", "odd",
    ),
    "softmax over the batch": (
        HEAD + "[inputs]\nx = { shape = ['B'] }\n[[layers]]\nname = 'a'\ntype = 'softmax'\ninput = «'x'»\n",
        "shape", "only the batch",
    ),
    "linear of labels": (
        HEAD + INPUTS.replace("y = ", "# y = ") + "[[layers]]\nname = 'a'\ntype = 'linear'\nunits = 2\n"
        "input = «'label'»\n[[layers]]\nname = 'b'\ntype = 'linear'\nunits = 2\ninput = 'x'\n",
        "dtype", "integers",
    ),
    "loss and target differ": (
        HEAD + PLAIN + ONE_LAYER.replace("2", "3") + "[loss]\ntype = 'mse'\ntarget = «'y'»\n", "shape",
        '"fc1" ["B", 3] with "y" ["B", 2]',
    ),
    "target is no input": (
        HEAD + PLAIN + ONE_LAYER + "[loss]\ntype = 'mse'\ntarget = «'yy'»\n", "unknown-input", 'did you mean "y"?',
    ),
    "target is a layer": (
        HEAD + PLAIN + ONE_LAYER + "[loss]\ntype = 'mse'\ntarget = «'fc1'»\n", "unknown-input", "no input",
    ),
    "loss without a target": (HEAD + PLAIN + ONE_LAYER + "«[loss]»\ntype = 'mse'\n", "missing-key", '"target"'),
    "unknown loss": (
        HEAD + PLAIN + ONE_LAYER + "[loss]\ntype = «'mes'»\ntarget = 'y'\n", "unknown-type", 'did you mean "mse"?',
    ),
    "loss of a wrong option": (
        HEAD + PLAIN + ONE_LAYER + "[loss]\ntype = 'huber'\ntarget = 'y'\ndelta = «0»\n", "wrong-value", "above 0",
    ),
    "labels without classes": (
        HEAD + "[inputs]\nx = { shape = ['B', 6] }\nlabel = «{ shape = ['B'], dtype = 'int32' }»\n"
        + ONE_LAYER + LABELS,
        "missing-key", '"classes"',
    ),
    "classes and outputs differ": (
        HEAD + "[inputs]\nx = { shape = ['B', 6] }\n"
        "label = { shape = ['B'], dtype = 'int32', classes = «3» }\n" + ONE_LAYER + LABELS,
        "shape", "3 classes",
    ),
    "labels of a wrong shape": (
        HEAD + "[inputs]\nx = { shape = ['B', 6] }\nlabel = { shape = ['B', 2], dtype = 'int32', classes = 2 }\n"
        + ONE_LAYER + "[loss]\ntype = 'cross_entropy'\ntarget = «'label'»\n",
        "shape", '["B", 2] do not fit "fc1" ["B", 2]',
    ),
    "labels for mse": (
        HEAD + INPUTS.replace("y = ", "# y = ") + ONE_LAYER + "[loss]\ntype = 'mse'\ntarget = «'label'»\n",
        "dtype", "integers",
    ),
    "classes of real numbers": (
        HEAD + "[inputs]\nx = { shape = ['B', 6], classes = «3» }\n" + ONE_LAYER, "wrong-value", "real numbers",
    ),
    "which output": (
        HEAD + PLAIN + ONE_LAYER + "[[layers]]\nname = 'fc2'\ntype = 'linear'\nunits = 2\ninput = 'x'\n"
        + "«[loss]»\ntype = 'mse'\ntarget = 'y'\n", "missing-key", "fc1, fc2",
    ),
    "loss and losses": (
        HEAD + PLAIN + ONE_LAYER + MSE + "«[[losses]]»\ntype = 'mse'\ntarget = 'y'\n", "wrong-value", "both",
    ),
    "two losses of one name": (
        HEAD + PLAIN + ONE_LAYER + "[[losses]]\ntype = 'mse'\ntarget = 'y'\n"
        "«[[losses]]»\ntype = 'mse'\ntarget = 'y'\n", "duplicate-name", "mse",
    ),
    "unused input": (
        HEAD + PLAIN.replace("y =", "«spare» =") + ONE_LAYER, "unused-input", "spare",
    ),
    "input without a shape": (
        HEAD + "[inputs]\nx = «{ dtype = 'float32' }»\n" + ONE_LAYER, "missing-key", '"shape"',
    ),
    "batch axis behind": (
        HEAD + "[inputs]\nx = { shape = [6, «'B'»] }\n[[layers]]\nname = 'a'\ntype = 'relu'\n", "wrong-value", "axis 1",
    ),
    "unknown dtype": (
        HEAD + "[inputs]\nx = { shape = ['B', 6], dtype = «'int'» }\n" + ONE_LAYER, "wrong-value", 'mean "int32"?',
    ),
    "unknown fact": (
        HEAD + "[inputs]\nx = { shape = ['B', 6], facts = [«'sum_to_one'»] }\n" + ONE_LAYER,
        "unknown-type", 'did you mean "sums_to_one"?',
    ),
    "fact on a missing axis": (
        HEAD + "[inputs]\nx = { shape = ['B', 6], facts = [ «{ kind = 'sums_to_one', axis = 2 }» ] }\n" + ONE_LAYER,
        "wrong-value", "[2]",
    ),
    "size B": (HEAD + "[sizes]\n«B» = 3\n", "name", "batch size"),
    "size of a text": (HEAD + "[sizes]\nD = «'three'»\n", "unknown-size", "three"),
    "unknown optimizer": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\ntype = «'adamm'»\n", "unknown-type", 'did you mean "adam"?',
    ),
    "unknown optimizer key": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\ntype = 'adam'\n«beta» = [0.9, 0.99]\n", "unknown-key",
        'did you mean "betas"?',
    ),
    "betas of one": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\ntype = 'adam'\nbetas = «[0.9]»\n", "wrong-type",
        "a list of 2 numbers",
    ),
    "beta of one": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\ntype = 'adam'\nbetas = [0.9, «1.0»]\n", "wrong-value", "below 1",
    ),
    "infinite rate": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\ntype = 'sgd'\nlr = «inf»\n", "wrong-value", "inf",
    ),
    "nesterov without momentum": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\ntype = 'sgd'\nnesterov = «true»\n", "wrong-value", "momentum",
    ),
    "unknown schedule": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\ntype = 'sgd'\nschedule = «'cosin'»\n", "unknown-type",
        'did you mean "cosine"?',
    ),
    "schedule without its steps": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\ntype = 'sgd'\nschedule = «{ type = 'cosine' }»\n",
        "missing-key", '"steps"',
    ),
    "schedule of an unknown name": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\ntype = 'sgd'\nschedule = 'lr / (1 + «epoch»)'\n", None, "epoch",
    ),
    "unknown train key": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[train]\n«epoch» = 3\n", "unknown-key", 'did you mean "epochs"?',
    ),
    "train of a wrong value": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[train]\nvalidation = «1.0»\n", "wrong-value", "below 1",
    ),
    "no table": (HEAD + "inputs = «'x'»\n", "wrong-type", "table"),
    "no list of tables": (HEAD + PLAIN + "«[layers]»\nname = 'x'\n", "wrong-type", "[[layers]]"),
    # equations, inside every kind of string
    "equation, unbound index": (
        HEAD + PLAIN + "[[layers]]\nname = 'e'\ntype = 'equation'\nequation = 'y[b, k] = x[b, «q»]'\n"
        "sizes = { k = 2 }\n" + MSE, None, "q",
    ),
    "equation, unknown tensor": (
        HEAD + PLAIN + "[[layers]]\nname = 'e'\ntype = 'equation'\n"
        'equation = "y[b, k] = sum[i](x[b, i] * «W»[k, i])"\nsizes = { k = 2 }\n' + MSE, None, "W",
    ),
    "equation, number of axes": (
        HEAD + PLAIN + "[[layers]]\nname = 'e'\ntype = 'equation'\n"
        'equation = "y[b, k] = sum[i](W[k, i] * «x[b, i, k]»)"\nsizes = { k = 2 }\nparameters = { W = {} }\n' + MSE,
        None, "x",
    ),
    "equation, syntax in a literal text of several lines": (
        HEAD + PLAIN + "[[layers]]\nname = 'e'\ntype = 'equation'\nequation = '''\nu[b, i] = 2 * x[b, i]\n"
        "  y[b, k] = sum[i](W[k, i] * «*» u[b, i])\n'''\nsizes = { k = 2 }\nparameters = { W = {} }\n" + MSE,
        None, "",
    ),
    "equation in a basic text of several lines": (
        HEAD + PLAIN + '[[layers]]\nname = "e"\ntype = "equation"\nequation = """u[b, i] = 2 * x[b, i]\n'
        '    y[b, k] = sum[i](W[k, i] * «v»[b, i])"""\nsizes = { k = 2 }\nparameters = { W = {} }\n' + MSE,
        None, "v",
    ),
    "equation behind escapes": (
        HEAD + PLAIN + '[[layers]]\nname = "e"\ntype = "equation"\n'
        'equation = "u[b, i] = 2 * x[b, i]\\ny[b, k] = \\u0073um[i](W[k, i] * «v»[b, i])"\n'
        "sizes = { k = 2 }\nparameters = { W = {} }\n" + MSE,
        None, "v",
    ),
    "unused parameter": (
        HEAD + PLAIN + "[[layers]]\nname = 'e'\ntype = 'equation'\nequation = 'y[b, k] = sum[i](W[k, i] * x[b, i])'\n"
        "sizes = { k = 2 }\nparameters = { W = {}, «c» = { init = 'zeros' } }\n" + MSE,
        "unused-parameter", '"c" of layer "e"',
    ),
    "shape behind an equation": (
        HEAD + PLAIN + "[[layers]]\nname = 'e'\ntype = 'equation'\nequation = 'y[b, k] = sum[i](W[k, i] * x[b, i])'\n"
        "sizes = { k = 3 }\nparameters = { W = {} }\n[loss]\ntype = 'mse'\ntarget = «'y'»\n", "shape", '"e" ["B", 3]',
    ),
    "loss equation": (
        HEAD + PLAIN + ONE_LAYER + "[loss]\ntype = 'equation'\n"
        "equation = 'L = mean[b, o]((fc1[b, o] - y[b, o] * «z»[b, o])**2)'\n",
        None, "z",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_description_is_pointed_at(case: str) -> None:
    require_error(*CASES[case])
