"""recurrence.json: recurrent layers, forward and backward, as torch computes them in float64, rounded to float32.

Each case is a layer with its parameters, a batch, perhaps lengths (packed sequences) and a first state, and what comes out as one
row a sample: the output, then the states behind the last step (hidden, and cell of an LSTM), batch first. Gradients are of the
sum of those rows times `upstream`; `zero` [steps, inputs] is added to every sample. Not speed: values only.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from golden_json import tensor
from golden_operators import normal

# kind, samples, steps, inputs, hidden, options, lengths, whether there is a first state
CASES = [
    ("rnn", 3, 5, 3, 4, {}, None, False),
    ("rnn", 3, 4, 2, 5, {"nonlinearity": "relu", "num_layers": 2, "bidirectional": True, "bias": False}, [2, 4, 1], True),
    ("gru", 2, 4, 3, 5, {}, None, True),
    ("gru", 3, 5, 2, 3, {"num_layers": 2, "bidirectional": True}, [5, 1, 3], False),
    ("gru", 4, 6, 5, 9, {"bias": False}, None, False),
    ("lstm", 3, 5, 2, 4, {}, None, False),
    ("lstm", 1, 1, 1, 1, {"bias": False}, None, True),
    ("lstm", 3, 4, 3, 3, {"num_layers": 2, "bidirectional": True}, [4, 2, 3], True),
    ("lstm", 5, 7, 6, 11, {}, [7, 3, 5, 1, 6], False),
]
KINDS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def rows(layer, x, lengths, first):
    """[samples, …] the output and the states of each sample, one after the other."""
    states = None
    if first:
        states = tuple(s[:, None, :].expand(-1, len(x), -1).contiguous() for s in first)
        states = states if len(states) > 1 else states[0]
    packed = x if lengths is None else pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    output, last = layer(packed, states)
    if lengths is not None:
        output, _ = pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])
    last = last if isinstance(last, tuple) else (last,)
    return torch.cat([part.reshape(len(x), -1) for part in (output, *(s.transpose(0, 1) for s in last))], 1)


def recurrence():
    random = np.random.RandomState(20261130)
    cases = []
    for kind, samples, steps, inputs, hidden, options, lengths, has_first in CASES:
        layer = KINDS[kind](inputs, hidden, batch_first=True, **options).double()
        parameters = dict(layer.named_parameters())
        for parameter in parameters.values():
            parameter.data = (0.5 * normal(random, *parameter.shape)).double()
        x = normal(random, samples, steps, inputs)
        layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
        names = ["hidden", "cell"] if kind == "lstm" else ["hidden"]
        first = {name: (0.5 * normal(random, layers, hidden)).double().requires_grad_() for name in names} if has_first else {}
        zero = torch.zeros(steps, inputs, dtype=torch.float64, requires_grad=True)
        given = {key: tensor(p.float()) for key, p in [*parameters.items(), *first.items()]}
        output = rows(layer, x.double() + zero, lengths, list(first.values()))
        upstream = normal(random, *output.shape)
        (output * upstream.double()).sum().backward()
        cases.append({
            "kind": kind, "inputs": inputs, "hidden": hidden,
            "options": {key: value for key, value in options.items()},
            "input": tensor(x), **({"lengths": lengths} if lengths else {}), "states": list(first),
            "parameters": given, "upstream": tensor(upstream), "output": tensor(output.float()),
            "gradients": {key: tensor(p.grad.float()) for key, p in [*parameters.items(), *first.items(), ("zero", zero)]},
        })
    return {"torch": torch.__version__, "cases": cases}
