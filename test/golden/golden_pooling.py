"""pooling.json: what torch's layers that pool, pad and enlarge give, forward and backward, on odd shapes, in float32.

Inputs are whole numbers over 4, so that windows have several maxima, and sums of few taps round little.
"""

import numpy as np
import torch
from torch import nn

from golden_json import f64, tensor

CASES = [
    ("maxPool2d", (2, 3, 8, 12), dict(kernel_size=2)),
    ("maxPool2d", (2, 2, 5, 7), dict(kernel_size=2)),
    ("maxPool2d", (1, 2, 5, 7), dict(kernel_size=2, ceil_mode=True)),
    ("maxPool2d", (2, 2, 9, 11), dict(kernel_size=3, stride=2, padding=1)),
    ("maxPool2d", (1, 2, 6, 21), dict(kernel_size=(3, 2), stride=(1, 3), padding=(1, 1), ceil_mode=True)),
    ("maxPool2d", (1, 2, 7, 10), dict(kernel_size=2, stride=1, dilation=(2, 3))),
    ("maxPool1d", (2, 3, 11), dict(kernel_size=3, stride=2, padding=1)),
    ("avgPool2d", (2, 2, 6, 10), dict(kernel_size=2)),
    ("avgPool2d", (2, 2, 7, 9), dict(kernel_size=3, stride=2, padding=1)),
    ("avgPool2d", (2, 2, 7, 9), dict(kernel_size=3, stride=2, padding=1, count_include_pad=False)),
    ("avgPool2d", (1, 2, 7, 8), dict(kernel_size=(2, 3), stride=(3, 2), padding=(1, 1), ceil_mode=True)),
    ("avgPool2d", (1, 2, 7, 8), dict(kernel_size=3, stride=2, ceil_mode=True, count_include_pad=False)),
    ("avgPool2d", (1, 2, 5, 13), dict(kernel_size=3, stride=1, padding=1, divisor_override=4)),
    ("avgPool1d", (2, 2, 9), dict(kernel_size=4, stride=3, padding=2)),
    ("adaptiveAvgPool2d", (2, 3, 7, 10), dict(output_size=1)),
    ("adaptiveAvgPool2d", (1, 2, 8, 9), dict(output_size=(4, 3))),
    ("adaptiveAvgPool2d", (1, 2, 7, 10), dict(output_size=(3, 4))),
    ("adaptiveAvgPool2d", (1, 2, 3, 5), dict(output_size=(5, 7))),
    ("adaptiveAvgPool2d", (1, 2, 3, 5), dict(output_size=(None, 2))),
    ("adaptiveAvgPool1d", (2, 2, 10), dict(output_size=4)),
    ("zeroPad2d", (2, 2, 3, 4), dict(padding=(1, 2, 0, 3))),
    ("constantPad2d", (1, 2, 3, 4), dict(padding=1, value=2.5)),
    ("reflectionPad2d", (2, 2, 4, 5), dict(padding=(4, 2, 3, 1))),
    ("replicationPad2d", (1, 2, 3, 4), dict(padding=(3, 0, 1, 2))),
    ("upsample", (2, 2, 3, 5), dict(scale_factor=2)),
    ("upsample", (1, 2, 3, 9), dict(scale_factor=(1.5, 0.4))),
    ("upsample", (1, 2, 5, 4), dict(size=(7, 11))),
]


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def plain(value):
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return f64(value) if isinstance(value, float) else value


def pooling():
    random = np.random.RandomState(11)
    cases = []
    for name, shape, options in CASES:
        layer = getattr(nn, name[0].upper() + name[1:])(**options)
        x = torch.tensor(random.randint(-8, 9, shape).astype(np.float32) / 4, requires_grad=True)
        y = layer(x)
        upstream = torch.tensor(random.randint(-8, 9, y.shape).astype(np.float32) / 4)
        y.backward(upstream)
        options = {camel(key): plain(value) for key, value in options.items()}
        cases.append(
            {
                "name": name,
                "options": options,
                "input": tensor(x),
                "output": tensor(y),
                "upstream": tensor(upstream),
                "inputGradient": tensor(x.grad),
            }
        )
    return {"torch": torch.__version__, "cases": cases}
