"""operators.json: activations, losses and the linear layer, forward and backward, as torch computes them.

Each case holds torch's float32 results and, in `float64`, torch's float64 results for the same float32 inputs: the
first say what people's trained networks do, the second what is right. Not a property test: values only.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from golden_json import f32, f64, tensor

# Signed zeros, a subnormal, the smallest normal, values around where float32 exp under- and overflows, and huge ones.
EDGES = [0.0, 1e-40, 1.1754944e-38, 1e-30, 1e-8, 1e-4, 0.01, 0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 9.1, 16.7, 20.0, 88.0, 89.0, 104.0, 1e4]


def normal(random, *shape):
    """Standard normal float32 values from numpy's frozen legacy generator: the same in every numpy version."""
    return torch.from_numpy(random.standard_normal(shape).astype(np.float32))


def backward(function, inputs, upstream, dtype):
    """(output, gradient of each input) of `function` at `inputs` in `dtype`; upstream None for a scalar output."""
    leaves = [x.to(dtype).clone().requires_grad_() for x in inputs]
    output = function(*leaves)
    output.backward(None if upstream is None else upstream.to(dtype))
    return output, [leaf.grad for leaf in leaves]


def activation_cases(random):
    elementwise = torch.cat([torch.tensor([s * v for v in EDGES for s in (1.0, -1.0)]), normal(random, 24)])
    rows = torch.cat([normal(random, 3, 7), 10 * normal(random, 2, 7), torch.tensor([
        [0.0, -0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [1e4, -1e4, 0.0, 88.0, -88.0, 1.0, 1e4],
        [-1e4, -1e4, -1e4, -1e4, -1e4, -1e4, -1e4],
        [88.0, 87.0, 0.0, -16.0, -88.0, 1e-40, -1e-8],
    ])])
    functions = [
        ("relu", {}, F.relu, elementwise, "the gradient at 0 and -0 is 0"),
        ("leaky_relu", {"negativeSlope": f64(0.01)}, lambda x: F.leaky_relu(x, 0.01), elementwise, "the gradient at 0 and -0 is the slope times the upstream gradient"),
        ("sigmoid", {}, torch.sigmoid, elementwise, ""),
        ("tanh", {}, torch.tanh, elementwise, ""),
        ("gelu", {}, F.gelu, elementwise, "exact, x/2 (1 + erf(x/sqrt 2)), not the tanh approximation"),
        ("softmax", {}, lambda x: F.softmax(x, -1), rows, "over the last axis"),
        ("log_softmax", {}, lambda x: F.log_softmax(x, -1), rows, "over the last axis"),
    ]
    cases = []
    for name, attributes, function, x, note in functions:
        upstream = normal(random, *x.shape)
        output, (gradient,) = backward(function, [x], upstream, torch.float32)
        output64, (gradient64,) = backward(function, [x], upstream, torch.float64)
        cases.append({
            "name": name, "attributes": attributes, "note": note,
            "input": tensor(x), "output": tensor(output),
            "upstreamGradient": tensor(upstream), "inputGradient": tensor(gradient),
            "float64": {"output": tensor(output64), "inputGradient": tensor(gradient64)},
        })
    upstream = normal(random, *elementwise.shape)
    zero = torch.zeros_like(elementwise)
    step = torch.heaviside(elementwise, torch.tensor(0.0))
    cases.append({
        "name": "step", "attributes": {},
        "note": "heaviside with 0 at 0; torch defines no derivative of it, so the zero gradient here is a convention",
        "input": tensor(elementwise), "output": tensor(step),
        "upstreamGradient": tensor(upstream), "inputGradient": tensor(zero),
        "float64": {"output": tensor(step.double()), "inputGradient": tensor(zero.double())},
    })
    return cases


def loss_cases(random):
    huge = torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0], [88.0, -88.0, 104.0], [0.0, -0.0, 0.0]])
    huge_labels = torch.tensor([0, 0, 1, 2])
    smooth = 0.9 * torch.eye(10)[torch.tensor([3, 1, 4, 1, 5])] + 0.01
    mixed = F.softmax(normal(random, 4, 3), -1)
    binary_edges = torch.tensor([[0.0, -0.0, 88.0, -88.0, 104.0, -104.0, 1e4, -1e4, 1e-40, 20.0]]).repeat(3, 1)
    binary_targets = torch.cat([torch.zeros(1, 10), torch.ones(1, 10), torch.full((1, 10), 0.3)])
    inputs = [
        ("mse", "ordinary", normal(random, 4, 3), normal(random, 4, 3)),
        ("mse", "one sample", normal(random, 1, 5), normal(random, 1, 5)),
        ("mse", "large and equal values", torch.tensor([[1e4, -1e4], [1.0, 1e-30]]), torch.tensor([[-1e4, -1e4], [1.0, 0.0]])),
        ("cross_entropy_labels", "ordinary", normal(random, 5, 10), torch.tensor([3, 1, 4, 1, 9])),
        ("cross_entropy_labels", "one sample", normal(random, 1, 10), torch.tensor([0])),
        ("cross_entropy_labels", "huge logits, right and wrong", huge, huge_labels),
        ("cross_entropy_labels", "a batch of 64", 3 * normal(random, 64, 10), torch.from_numpy(random.randint(0, 10, 64))),
        ("cross_entropy_probabilities", "smoothed labels", normal(random, 5, 10), smooth),
        ("cross_entropy_probabilities", "any distribution", 3 * normal(random, 4, 3), mixed),
        ("cross_entropy_probabilities", "huge logits, one-hot", huge, torch.eye(3)[huge_labels]),
        ("bce_with_logits", "ordinary", normal(random, 6, 4), torch.from_numpy(random.uniform(size=(6, 4)).astype(np.float32))),
        ("bce_with_logits", "one column", normal(random, 8, 1), torch.tensor([0.0, 1, 1, 0, 1, 0, 0, 1]).reshape(8, 1)),
        ("bce_with_logits", "edges against 0, 1 and 0.3", binary_edges, binary_targets),
    ]
    functions = {
        "mse": F.mse_loss,
        "cross_entropy_labels": F.cross_entropy,
        "cross_entropy_probabilities": F.cross_entropy,
        "bce_with_logits": F.binary_cross_entropy_with_logits,
    }
    notes = {
        "mse": "mean over all elements",
        "cross_entropy_labels": "mean over rows; integer labels",
        "cross_entropy_probabilities": "mean over rows; a target distribution per row",
        "bce_with_logits": "mean over all elements",
    }
    cases = []
    for name, title, x, target in inputs:
        results = {}
        for dtype in (torch.float32, torch.float64):
            cast = target.to(dtype) if target.is_floating_point() else target
            results[dtype] = backward(lambda v: functions[name](v, cast), [x], None, dtype)
        (loss, (gradient,)), (loss64, (gradient64,)) = results[torch.float32], results[torch.float64]
        cases.append({
            "name": name, "case": title, "note": notes[name], "input": tensor(x), "target": tensor(target),
            "loss": f32(loss.item()), "inputGradient": tensor(gradient),
            "float64": {"loss": f64(loss64.item()), "inputGradient": tensor(gradient64)},
        })
    return cases


def linear_cases(random):
    cases = []
    for rows, inputs, outputs, has_bias in [(5, 7, 3, True), (5, 7, 3, False), (1, 1, 1, True), (9, 37, 21, True), (64, 17, 10, True)]:
        x, weight, upstream = normal(random, rows, inputs), normal(random, outputs, inputs), normal(random, rows, outputs)
        leaves = [x, weight] + ([normal(random, outputs)] if has_bias else [])
        output, gradients = backward(F.linear, leaves, upstream, torch.float32)
        output64, gradients64 = backward(F.linear, leaves, upstream, torch.float64)
        names = ["inputGradient", "weightGradient", "biasGradient"]
        cases.append({
            "name": "linear", "note": "y = x W^T + b; x [N, in], W [out, in], b [out]",
            **{k: tensor(v) for k, v in zip(["input", "weight", "bias"], leaves)},
            "output": tensor(output), "upstreamGradient": tensor(upstream),
            **{k: tensor(v) for k, v in zip(names, gradients)},
            "float64": {"output": tensor(output64), **{k: tensor(v) for k, v in zip(names, gradients64)}},
        })
    return cases


def operators():
    random = np.random.RandomState(20240501)
    return {
        "torch": torch.__version__,
        "activations": activation_cases(random),
        "losses": loss_cases(random),
        "linear": linear_cases(random),
    }
