"""tied.json: layers that are used twice, tied weights and stopped gradients, trained for ten steps by torch.

Each case holds its initial parameters, one batch, and torch's float32 and float64 results: the gradients of the first step,
the loss before each step, and the parameters after the last one. Plain SGD, so that gradients that add up wrongly show.
"""

import torch
from torch import nn
from torch.nn import functional as F

import numpy as np

from golden_json import f32, f64, tensor
from golden_operators import normal

STEPS = 10
LEARNING_RATE = 0.1


class Reused(nn.Module):
    """One linear layer before and after a tanh."""

    def __init__(self):
        super().__init__()
        layer = nn.Linear(4, 4)
        self.layers = nn.Sequential(layer, nn.Tanh(), layer, nn.Tanh(), nn.Linear(4, 2))

    def forward(self, x):
        return self.layers(x)


class Autoencoder(nn.Module):
    """The decoder's weight is the encoder's, transposed."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(5, 3)
        self.bias = nn.Parameter(torch.zeros(5))

    def forward(self, x):
        code = torch.tanh(self.encoder(x))
        return F.linear(code, self.encoder.weight.t(), self.bias)


class Embedding(nn.Module):
    """An embedding whose table is the output layer's weight; x holds one-hot rows."""

    def __init__(self):
        super().__init__()
        self.table = nn.Linear(4, 6, bias=False)

    def forward(self, x):
        return F.linear(torch.tanh(x @ self.table.weight), self.table.weight)


class Stopped(nn.Module):
    """A sum of a layer's output and of the same, detached: half of the gradient, in two ways."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 3)
        self.second = nn.Linear(3, 2)

    def forward(self, x):
        hidden = torch.tanh(self.first(x))
        return self.second(hidden + 2 * hidden.detach()) + self.first.weight.detach().sum()


def results(model, x, target, loss, dtype):
    model = model.to(dtype)
    target = target.to(dtype) if target.is_floating_point() else target
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    losses, gradients = [], None
    for step in range(STEPS):
        optimizer.zero_grad()
        value = loss(model(x.to(dtype)), target)
        value.backward()
        losses.append(value.item())
        if step == 0:
            gradients = {name: tensor(p.grad) for name, p in model.named_parameters()}
        optimizer.step()
    number = f32 if dtype == torch.float32 else f64
    return {
        "losses": [number(value) for value in losses],
        "gradients": gradients,
        "parameters": {name: tensor(p) for name, p in model.named_parameters()},
    }


def tied():
    random = np.random.RandomState(20261129)
    labels = torch.from_numpy(random.randint(0, 6, 8))
    signals = normal(random, 8, 5)
    settings = [
        ("reused", Reused, normal(random, 8, 4), normal(random, 8, 2), F.mse_loss),
        ("autoencoder", Autoencoder, signals, signals, F.mse_loss),
        ("embedding", Embedding, torch.eye(6)[torch.from_numpy(random.randint(0, 6, 8))], labels, F.cross_entropy),
        ("stopped", Stopped, normal(random, 8, 4), normal(random, 8, 2), F.mse_loss),
    ]
    cases = []
    for name, make, x, target, loss in settings:
        model = make()
        for parameter in model.parameters():
            parameter.data = 0.5 * normal(random, *parameter.shape)
        case = {
            "name": name, "note": make.__doc__, "input": tensor(x), "target": tensor(target),
            "initial": {key: tensor(p) for key, p in model.named_parameters()},
        }
        start = {key: p.detach().clone() for key, p in model.named_parameters()}
        case.update(results(model, x, target, loss, torch.float32))
        for key, p in model.named_parameters():
            p.data = start[key]
        case["float64"] = results(model, x, target, loss, torch.float64)
        cases.append(case)
    return {"torch": torch.__version__, "learningRate": f64(LEARNING_RATE), "cases": cases}
