"""tokens.json: embeddings under a cross-entropy of positions, and the losses of numbers and margins, as torch computes them.

Losses are sums over the samples (reduction='sum', of numbers over the values of a sample), gradients those of the sums, in
float32 and, for the same float32 inputs, in float64.
"""

import numpy as np
import torch
from torch.nn import functional as F

from golden_json import f32, f64, tensor
from golden_operators import normal


def both(function, x):
    """(loss, gradient of x) of `function` in float32 and float64."""
    found = {}
    for name, dtype in (("float32", torch.float32), ("float64", torch.float64)):
        leaf = x.to(dtype).clone().requires_grad_()
        loss = function(leaf)
        loss.backward()
        found[name] = {"loss": (f32 if dtype == torch.float32 else f64)(loss.item()), "gradient": tensor(leaf.grad)}
    return found


def position_cases(random):
    cases = []
    for name, classes, positions, options in (
        ("plain", 5, (4,), {}),
        ("one class more than lanes", 17, (3,), {}),
        ("padding", 3, (6,), {"padding": 2}),
        ("ignored", 7, (5,), {"ignored": True}),
        ("smoothing", 4, (2, 3), {"smoothing": 0.1}),
        ("weights", 6, (3,), {"weights": True, "ignored": True}),
        ("weights and smoothing", 19, (4,), {"weights": True, "smoothing": 0.25, "ignored": True}),
    ):
        rows, vocabulary = 5, 6
        tokens = torch.from_numpy(random.randint(0, vocabulary - 1, (rows, *positions)))
        labels = torch.from_numpy(random.randint(0, classes, (rows, *positions)))
        if options.get("ignored"):
            labels[torch.from_numpy(random.random_sample(labels.shape) < 0.3)] = -100
        weights = torch.from_numpy(random.uniform(0.2, 3, classes).astype(np.float32)) if options.get("weights") else None
        padding, smoothing = options.get("padding"), options.get("smoothing", 0.0)

        def loss(table):
            logits = F.embedding(tokens, table, padding_idx=padding).reshape(-1, classes)
            weight = None if weights is None else weights.to(table.dtype)
            return F.cross_entropy(logits, labels.reshape(-1), weight, reduction="sum", label_smoothing=smoothing)

        table = 3 * normal(random, vocabulary, classes)
        cases.append({
            "name": name, "tokens": tensor(tokens), "labels": tensor(labels), "table": tensor(table),
            "padding": padding, "smoothing": f64(smoothing), "weights": None if weights is None else tensor(weights),
            **both(loss, table),
        })
    return cases


def loss_cases(random):
    x, t = 2 * normal(random, 4, 3, 2), 2 * normal(random, 4, 3, 2)
    t[0] = x[0]
    scores, labels = 2 * normal(random, 6, 5), torch.from_numpy(random.randint(0, 5, 6))
    logs = F.log_softmax(normal(random, 4, 5), -1)
    p = F.softmax(normal(random, 4, 5), -1)
    p[1] = torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0])
    numbers = [
        ("l1", {}, F.l1_loss),
        ("huber", {}, F.huber_loss),
        ("huber", {"delta": 0.5}, lambda a, b, reduction: F.huber_loss(a, b, reduction, 0.5)),
        ("smooth-l1", {}, F.smooth_l1_loss),
        ("smooth-l1", {"beta": 2.0}, lambda a, b, reduction: F.smooth_l1_loss(a, b, None, None, reduction, 2.0)),
    ]
    found = []
    for name, options, function in numbers:
        found.append({"name": name, "options": {k: f64(v) for k, v in options.items()}, "input": tensor(x), "target": tensor(t),
                      **both(lambda y: function(y, t.to(y.dtype), reduction="sum") / 6, x)})
    for is_log in (False, True):
        target = torch.log(p[[0, 2, 3, 0]]) if is_log else p
        found.append({"name": "kl-div", "options": {"logTarget": is_log}, "input": tensor(logs), "target": tensor(target),
                      **both(lambda y: F.kl_div(y, target.to(y.dtype), reduction="sum", log_target=is_log), logs)})
    for options in ({}, {"p": 2}, {"margin": 0.5}):
        found.append({"name": "multi-margin", "options": {k: f64(v) for k, v in options.items()}, "input": tensor(scores),
                      "target": tensor(labels), **both(lambda y: F.multi_margin_loss(y, labels, reduction="sum", **options), scores)})
    return found


def gather_cases(random):
    """Of rows [N, T, C] of a table by tokens: one element of each, and rows of the sample, as far as there are such."""
    cases = []
    for axis, (positions, size) in ((2, (4, 5)), (2, (3, 1)), (1, (4, 5)), (1, (3, 8))):
        rows, vocabulary = 3, 6
        tokens = torch.from_numpy(random.randint(0, vocabulary, (rows, positions)))
        length = size if axis == 2 else positions
        inside = (tokens < length).double()

        def loss(table):
            x = F.embedding(tokens, table)
            at = tokens.clamp(max=length - 1)[..., None]
            taken = torch.gather(x, axis, at if axis == 2 else at.expand(-1, -1, size)) * inside[..., None].to(table.dtype)
            return (taken**2).sum()

        table = normal(random, vocabulary, size)
        cases.append({"axis": axis, "tokens": tensor(tokens), "table": tensor(table), **both(loss, table)})
    return cases


def tokens():
    random = np.random.RandomState(20)
    return {
        "torch": torch.__version__,
        "positions": position_cases(random),
        "losses": loss_cases(random),
        "gathered": gather_cases(random),
    }
