"""convolution.json: what torch's convolutions give, forward and backward, on odd shapes, in float32.

Inputs and parameters are whole numbers over 4, so that products and their sums are exact in whatever order they are added.
"""

import numpy as np
import torch
from torch import nn

from golden_json import tensor
from golden_pooling import camel

CASES = [
    ("conv2d", (2, 1, 9, 11), (6, 5), dict(padding=2)),
    ("conv2d", (2, 3, 6, 7), (4, 3), dict(padding=1, bias=False)),
    ("conv2d", (1, 2, 9, 8), (5, (3, 2)), dict(stride=(2, 1), padding=(1, 0))),
    ("conv2d", (2, 4, 7, 9), (6, 3), dict(stride=2, padding=1, groups=2)),
    ("conv2d", (2, 5, 6, 5), (5, 3), dict(padding=1, groups=5)),
    ("conv2d", (1, 2, 5, 6), (4, 3), dict(groups=2, padding="same", dilation=(1, 2))),
    ("conv2d", (1, 2, 6, 7), (3, (4, 2)), dict(padding="same")),
    ("conv2d", (1, 3, 10, 9), (2, 3), dict(stride=3, dilation=2, padding="valid")),
    ("conv2d", (2, 6, 5, 5), (8, 1), dict(stride=2, bias=False)),
    ("conv1d", (2, 3, 13), (4, 5), dict(stride=2, padding=3)),
    ("conv1d", (1, 4, 9), (4, 3), dict(groups=4, dilation=2, padding="same")),
    ("convTranspose2d", (2, 3, 4, 5), (2, 3), dict()),
    ("convTranspose2d", (1, 4, 3, 4), (6, 3), dict(stride=2, padding=1, output_padding=1, groups=2)),
    ("convTranspose2d", (1, 2, 4, 3), (3, (2, 3)), dict(stride=(1, 3), padding=(0, 2), dilation=(3, 2), output_padding=(0, 2))),
    ("convTranspose2d", (2, 3, 3, 3), (3, 2), dict(stride=2, groups=3, bias=False)),
    ("convTranspose1d", (2, 3, 6), (2, 4), dict(stride=3, padding=1, output_padding=2)),
]


def convolution():
    random = np.random.RandomState(17)

    def quarters(shape):
        return torch.tensor(random.randint(-8, 9, tuple(shape)).astype(np.float32) / 4)

    cases = []
    for name, shape, (channels, kernel), options in CASES:
        layer = getattr(nn, name[0].upper() + name[1:])(shape[1], channels, kernel, **options)
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.copy_(quarters(parameter.shape))
        x = quarters(shape).requires_grad_()
        y = layer(x)
        upstream = quarters(y.shape)
        y.backward(upstream)
        cases.append(
            {
                "name": name,
                "arguments": [shape[1], channels, list(kernel) if isinstance(kernel, tuple) else kernel],
                "options": {camel(key): list(value) if isinstance(value, tuple) else value for key, value in options.items()},
                "input": tensor(x),
                "output": tensor(y),
                "upstream": tensor(upstream),
                "inputGradient": tensor(x.grad),
                "parameters": {key: tensor(value) for key, value in layer.named_parameters()},
                "gradients": {key: tensor(value.grad) for key, value in layer.named_parameters()},
            }
        )
    return {"torch": torch.__version__, "cases": cases}
