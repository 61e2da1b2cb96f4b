"""normalisation.json: what torch's normalisation layers give, forward and backward, and running statistics after steps.

`layers`: one forward and backward pass in training mode, float32 and float64, on random weights and biases.
`training`: three steps of SGD of a network with batch normalisation: parameters, running statistics, and what the network
then answers in evaluation mode. RMSNorm is written out, since this torch has none; its formula is that of newer ones.
"""

import numpy as np
import torch
from torch import nn

from golden_json import f32, tensor

STEPS = 3


class RMSNorm(nn.Module):
    def __init__(self, shape, eps=2.0**-23):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))
        self.eps = eps

    def forward(self, x):
        axes = tuple(range(-self.weight.dim(), 0))
        return x * torch.rsqrt(x.pow(2).mean(axes, keepdim=True) + self.eps) * self.weight


LAYERS = [
    ("batchNorm1d", (6, 5), lambda: nn.BatchNorm1d(5), [5], {}),
    ("batchNorm1d", (3, 4, 7), lambda: nn.BatchNorm1d(4, eps=1e-3, affine=False), [4], {"epsilon": 1e-3, "affine": False}),
    ("batchNorm2d", (3, 3, 5, 4), lambda: nn.BatchNorm2d(3), [3], {}),
    ("batchNorm2d", (1, 2, 9, 7), lambda: nn.BatchNorm2d(2), [2], {}),
    ("layerNorm", (4, 13), lambda: nn.LayerNorm(13), [13], {}),
    ("layerNorm", (2, 3, 4, 5), lambda: nn.LayerNorm([4, 5]), [[4, 5]], {}),
    ("layerNorm", (3, 2, 8), lambda: nn.LayerNorm(8, eps=1e-2, elementwise_affine=False), [8], {"epsilon": 1e-2, "elementwiseAffine": False}),
    ("groupNorm", (2, 6, 3, 5), lambda: nn.GroupNorm(3, 6), [3, 6], {}),
    ("groupNorm", (3, 10), lambda: nn.GroupNorm(2, 10, affine=False), [2, 10], {"affine": False}),
    ("groupNorm", (2, 3, 9), lambda: nn.GroupNorm(3, 3), [3, 3], {}),
    ("rmsNorm", (3, 11), lambda: RMSNorm(11), [11], {}),
    ("rmsNorm", (2, 3, 8), lambda: RMSNorm(8, 1e-3), [8], {"epsilon": 1e-3}),
]


def one_pass(make, x, upstream, parameters, dtype):
    layer = make().to(dtype)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            parameter.copy_(parameters[name])
    x = x.detach().to(dtype).requires_grad_()
    y = layer(x)
    y.backward(upstream.to(dtype))
    gradients = {name: tensor(parameter.grad) for name, parameter in layer.named_parameters()}
    return {"output": tensor(y), "inputGradient": tensor(x.grad), "gradients": gradients}


def layers(random):
    def normal(shape, mean=0.0, std=1.0):
        return torch.tensor(random.normal(mean, std, shape).astype(np.float32))

    for name, shape, make, arguments, options in LAYERS:
        # Off the origin, so that a careless variance shows.
        x, upstream = normal(shape, 3.0), normal(shape)
        parameters = {key: normal(p.shape, 1.0, 0.5) for key, p in make().named_parameters()}
        state = {**parameters, **dict(make().named_buffers())}
        yield {
            "name": name,
            "options": {key: value if isinstance(value, bool) else f32(value) for key, value in options.items()},
            "arguments": arguments,
            "input": tensor(x),
            "upstream": tensor(upstream),
            "parameters": {key: tensor(value.to(torch.float32)) for key, value in state.items()},
            **one_pass(make, x, upstream, parameters, torch.float32),
            "float64": one_pass(make, x, upstream, parameters, torch.float64),
        }


def training(random, momentum):
    x = torch.tensor(random.normal(1.0, 2.0, (8, 2, 3, 3)).astype(np.float32))
    target = torch.tensor(random.normal(0.0, 1.0, (8, 2)).astype(np.float32))
    network = nn.Sequential(nn.BatchNorm2d(2, momentum=momentum), nn.Flatten(), nn.Linear(18, 4), nn.BatchNorm1d(4, momentum=momentum), nn.Tanh(), nn.Linear(4, 2))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.tensor(random.normal(0.0, 0.5, parameter.shape).astype(np.float32)))
    initial = {name: tensor(values.to(torch.float32)) for name, values in network.state_dict().items()}
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for _ in range(STEPS):
        loss = nn.functional.mse_loss(network(x), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(f32(loss.item()))
    network.eval()
    return {
        "momentum": None if momentum is None else f32(momentum),
        "input": tensor(x),
        "target": tensor(target),
        "initial": initial,
        "losses": losses,
        "parameters": {name: tensor(p) for name, p in network.named_parameters()},
        "buffers": {name: tensor(b.to(torch.float32)) for name, b in network.named_buffers()},
        "evaluated": tensor(network(x)),
    }


def normalisation():
    random = np.random.RandomState(5)
    return {
        "torch": torch.__version__,
        "layers": list(layers(random)),
        "training": [training(random, 0.1), training(random, None)],
    }
