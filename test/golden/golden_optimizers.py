"""optimizers.json: parameters after each of 20 steps of torch.optim's optimizers on given gradients, and clipping.

All optimizers see the same initial parameters and gradients; torch's defaults hold unless `options` says otherwise.
`learningRates` has one entry a step. Each case holds the float32 run and the float64 run on the same float32 inputs.
"""

import numpy as np
import torch

from golden_json import f32, f64, tensor

STEPS = 20

# One factor per parameter: from gradients that are always zero, or far below Adam's eps of 1e-8, to large ones.
GRADIENT_SCALES = [1.0, 1.0, 1.0, 0.1, 0.1, 1e-3, 1e-5, 1e-8, 1e-12, 100.0, 0.0]

HALVED = [0.1] * 8 + [0.05] * 6 + [0.025] * 6

# (name, torch class, our words for the options, torch's keyword arguments, learning rate or one per step)
CASES = [
    ("sgd", "SGD", {}, {}, 0.1),
    ("sgd, weight decay", "SGD", {"weightDecay": 0.01}, {"weight_decay": 0.01}, 0.1),
    ("sgd, momentum", "SGD", {"momentum": 0.9}, {"momentum": 0.9}, 0.1),
    ("sgd, momentum, dampening", "SGD", {"momentum": 0.9, "dampening": 0.1}, {"momentum": 0.9, "dampening": 0.1}, 0.1),
    ("sgd, momentum, weight decay", "SGD", {"momentum": 0.9, "weightDecay": 0.01}, {"momentum": 0.9, "weight_decay": 0.01}, 0.1),
    ("sgd, nesterov", "SGD", {"momentum": 0.9, "nesterov": True}, {"momentum": 0.9, "nesterov": True}, 0.1),
    ("sgd, momentum, learning rate falls", "SGD", {"momentum": 0.9}, {"momentum": 0.9}, HALVED),
    ("adam", "Adam", {}, {}, 0.001),
    ("adam, other betas and eps", "Adam", {"beta1": 0.8, "beta2": 0.95, "eps": 1e-5}, {"betas": (0.8, 0.95), "eps": 1e-5}, 0.01),
    ("adam, weight decay", "Adam", {"weightDecay": 0.1}, {"weight_decay": 0.1}, 0.001),
    ("adam, learning rate falls", "Adam", {}, {}, HALVED),
    ("adamw", "AdamW", {"weightDecay": 0.01}, {}, 0.001),
    ("adamw, weight decay 0.1", "AdamW", {"weightDecay": 0.1}, {"weight_decay": 0.1}, 0.001),
    ("rmsprop", "RMSprop", {}, {}, 0.01),
    ("rmsprop, momentum", "RMSprop", {"momentum": 0.9}, {"momentum": 0.9}, 0.01),
    ("rmsprop, weight decay", "RMSprop", {"weightDecay": 0.1}, {"weight_decay": 0.1}, 0.01),
]

NOTES = {
    "SGD": "g += weightDecay*p; the momentum buffer is g itself at the first step (no dampening there), then "
    "buf = momentum*buf + (1-dampening)*g; nesterov: g + momentum*buf; p -= lr*buf: the learning rate stays out of the buffer",
    "Adam": "weight decay is L2: g += weightDecay*p; m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g*g; "
    "p -= lr/(1-beta1^t) * m / (sqrt(v)/sqrt(1-beta2^t) + eps), t from 1; scalars in float64. Defaults: 0.9, 0.999, eps 1e-8",
    "AdamW": "p *= 1 - lr*weightDecay first, then Adam without decay. Default weight decay 0.01",
    "RMSprop": "g += weightDecay*p; v = alpha*v + (1-alpha)*g*g; p -= lr * g/(sqrt(v)+eps), or with momentum "
    "buf = momentum*buf + g/(sqrt(v)+eps), p -= lr*buf. Defaults: alpha 0.99, eps 1e-8",
}


def trajectory(kind, arguments, rates, initial, gradients, dtype):
    """The parameters [STEPS, P] after each step."""
    parameter = torch.nn.Parameter(torch.from_numpy(initial).to(dtype).clone())
    optimizer = getattr(torch.optim, kind)([parameter], lr=rates[0], **arguments)
    after = []
    for rate, gradient in zip(rates, gradients):
        optimizer.param_groups[0]["lr"] = rate
        parameter.grad = torch.from_numpy(gradient).to(dtype).clone()
        optimizer.step()
        after.append(parameter.detach().clone())
    return torch.stack(after)


def option(value):
    return f64(value) if isinstance(value, float) else value


def clip_cases(random):
    """clip_grad_norm_ (joint L2 norm of all tensors) and clip_grad_value_, each above, at and below its limit."""
    gradients = [torch.from_numpy(random.standard_normal(shape).astype(np.float32)) for shape in [(3, 4), (5,), (1, 1), (2, 2, 2)]]
    zeros = [torch.zeros(3), torch.zeros(2, 2)]
    many = [torch.from_numpy((1e-2 * random.standard_normal((40, 25))).astype(np.float32))]
    cases = []
    for title, method, limit, tensors in [
        ("above the limit", "norm", 1.0, gradients),
        ("just above the limit", "norm", 4.0, gradients),
        ("below the limit", "norm", 100.0, gradients),
        ("all zero", "norm", 1.0, zeros),
        ("a thousand small values", "norm", 0.1, many),
        ("above the limit", "value", 0.5, gradients),
        ("below the limit", "value", 10.0, gradients),
    ]:
        parameters = [torch.nn.Parameter(torch.zeros_like(g)) for g in tensors]
        for p, g in zip(parameters, tensors):
            p.grad = g.clone()
        case = {"case": title, "method": method, "limit": f64(limit), "gradients": [tensor(g) for g in tensors]}
        if method == "norm":
            case["totalNorm"] = f32(torch.nn.utils.clip_grad_norm_(parameters, limit).item())
        else:
            torch.nn.utils.clip_grad_value_(parameters, limit)
        cases.append({**case, "clipped": [tensor(p.grad) for p in parameters]})
    return cases


def optimizers():
    random = np.random.RandomState(20240502)
    size = len(GRADIENT_SCALES)
    initial = random.standard_normal(size).astype(np.float32)
    gradients = (random.standard_normal((STEPS, size)) * GRADIENT_SCALES).astype(np.float32)
    gradients[10:13, 2] = 0.0
    cases = []
    for name, kind, options, arguments, rate in CASES:
        rates = rate if isinstance(rate, list) else [rate] * STEPS
        runs = [trajectory(kind, arguments, rates, initial, gradients, dtype) for dtype in (torch.float32, torch.float64)]
        cases.append({
            "name": name, "kind": kind.lower(), "options": {k: option(v) for k, v in options.items()},
            "learningRates": [f64(r) for r in rates], "parameters": tensor(runs[0]), "float64": {"parameters": tensor(runs[1])},
        })
    return {
        "torch": torch.__version__,
        "notes": {k.lower(): v for k, v in NOTES.items()},
        "clipNote": "norm: every gradient is multiplied by min(1, limit/(totalNorm + 1e-6)); value: clamped to [-limit, limit]",
        "initial": tensor(initial), "gradients": tensor(gradients),
        "cases": cases, "clipping": clip_cases(random),
    }
