"""elements.json: functions of single elements, selections, products and arrangements, forward and backward, as torch computes
them in float64 of float32 inputs. Values at the places where a gradient jumps are among them.
"""

import numpy as np
import torch
from torch.nn import functional as F

from golden_json import tensor

# Ends and ties of what bends: 0, and 3 and 6 and -3 of the hard ones, 20 of softplus.
EDGES = [0.0, -0.0, 3.0, -3.0, 6.0, 1.0, -1.0, 0.5, -0.5, 1e-8, -1e-8, 1e-30, 20.0, -20.0, 25.0, 50.0, -50.0, 1e4, -1e4]


def normal(random, *shape):
    return torch.from_numpy(random.standard_normal(shape).astype(np.float32))


def cases(random):
    x = torch.cat([torch.tensor(EDGES), 3 * normal(random, 20)])
    some = normal(random, 3, 5)
    positive = some.abs() + 0.1
    y = torch.where(normal(random, 3, 5) > 0, some, normal(random, 3, 5))
    wide = torch.arange(12, dtype=torch.float32).reshape(2, 3, 2) / 4 - 1
    yield "silu", F.silu, [x]
    yield "elu", F.elu, [x]
    yield "elu 0.5", lambda x: F.elu(x, 0.5), [x]
    yield "softplus", F.softplus, [x]
    yield "softplus 2 1", lambda x: F.softplus(x, 2, 1), [x]
    # At 3 torch's own loops differ: 3/2 one by one, 1 in vectors.
    yield "hardswish", F.hardswish, [x[x != 3]]
    yield "hardtanh", F.hardtanh, [x]
    yield "relu6", F.relu6, [x]
    yield "clamp -0.5 3", lambda x: torch.clamp(x, -0.5, 3), [x]
    yield "abs", torch.abs, [x]
    yield "sin", torch.sin, [x]
    yield "cos", torch.cos, [x]
    yield "square", torch.square, [x]
    # Exponents are float32, that of the derivative, too.
    for p in [2, 3, 4, 7, -1, -2, 0.5, -0.5, 1.75, -0.25]:
        yield f"pow {p}", lambda x, p=p: x**p, [positive]
    yield "pow 3 signed", lambda x: x**3, [some]
    yield "pow 7 signed", lambda x: x**7, [some]
    yield "maximum", torch.maximum, [some, y]
    yield "minimum", torch.minimum, [some, y]
    yield "maximum row", torch.maximum, [some, y[0]]
    yield "where", lambda a, b: torch.where(a > b, a, b * 2), [some, y]
    yield "min", lambda x: x.amin(-1), [torch.cat([some, some[:, :1]], 1)]
    yield "variance", lambda x: x.var(-1), [some]
    yield "std 0", lambda x: x.std(-1, unbiased=False), [some]
    yield "concat", lambda a, b, c: torch.cat([a, b, c], 1), [some, y[:, :2], normal(random, 3, 1)]
    yield "stack", lambda a, b: torch.stack([a, b], 1), [some, y]
    yield "matmul heads", torch.matmul, [normal(random, 2, 3, 4, 5), normal(random, 2, 3, 5, 2)]
    yield "matmul shared", torch.matmul, [normal(random, 2, 3, 4, 5), normal(random, 3, 5, 2)]
    yield "matmul stretched", torch.matmul, [normal(random, 2, 1, 3, 4), normal(random, 5, 4, 3)]
    yield "matmul wide", torch.matmul, [normal(random, 3, 4), wide.reshape(3, 4, 1)]
    yield "six axes", lambda x: x.permute(0, 5, 3, 1, 4, 2), [normal(random, 1, 2, 3, 2, 1, 4)]
    yield "logSigmoid", F.logsigmoid, [x]
    # torch's own has a sixth of float32 in float64, too.
    yield "hardsigmoid", lambda x: F.relu6(x + 3) / 6, [x]
    yield "gelu tanh", lambda x: F.gelu(x, approximate="tanh"), [x]
    for axis in (0, 1, 2):
        yield f"take {axis}", lambda x, axis=axis: x.index_select(axis, torch.tensor([1, 0, 1])), [normal(random, 2, 3, 5)]


def elements():
    random = np.random.RandomState(41)
    result = []
    for name, function, inputs in cases(random):
        leaves = [x.double().clone().requires_grad_() for x in inputs]
        output = function(*leaves)
        upstream = normal(random, *output.shape)
        output.backward(upstream.double())
        result.append({
            "name": name,
            "inputs": [tensor(x) for x in inputs],
            "upstream": tensor(upstream),
            "output": tensor(output),
            "gradients": [tensor(leaf.grad) for leaf in leaves],
        })
    return {"cases": result}
