"""initialisers.json: the ranges of torch's initialisers for some layer sizes. The values are random, so none is golden.

For a weight [fan_out, fan_in]:
    Linear's default  weight and bias uniform in +-1/sqrt(fan_in)
                      (kaiming_uniform with a = sqrt 5: gain sqrt(2/(1+5)), bound gain*sqrt(3/fan_in) = 1/sqrt(fan_in))
    xavier_uniform    uniform in +-sqrt(6/(fan_in + fan_out))      Glorot, Bengio (2010)
    xavier_normal     std sqrt(2/(fan_in + fan_out))
    kaiming_uniform   uniform in +-sqrt(6/fan_in), for ReLU        He et al. (2015)
    kaiming_normal    std sqrt(2/fan_in), for ReLU
What torch would draw is recorded by handing its initialisers an object that only notes the range it is asked for.
"""

import math
from types import SimpleNamespace

import torch
from torch import nn

from golden_json import f64

FORMULAS = {
    "linearDefaultWeightBound": ("1/sqrt(fanIn)", lambda i, o: 1 / math.sqrt(i)),
    "linearDefaultBiasBound": ("1/sqrt(fanIn)", lambda i, o: 1 / math.sqrt(i)),
    "xavierUniformBound": ("sqrt(6/(fanIn + fanOut))", lambda i, o: math.sqrt(6 / (i + o))),
    "xavierNormalStd": ("sqrt(2/(fanIn + fanOut))", lambda i, o: math.sqrt(2 / (i + o))),
    "kaimingUniformBound": ("sqrt(6/fanIn)", lambda i, o: math.sqrt(6 / i)),
    "kaimingNormalStd": ("sqrt(2/fanIn)", lambda i, o: math.sqrt(2 / i)),
}


class Recorder:
    """Stands in for a weight of `shape`; keeps the bound or std of the one distribution drawn from."""

    def __init__(self, *shape):
        self.shape = shape

    def dim(self):
        return len(self.shape)

    def size(self, axis):
        return self.shape[axis]

    def uniform_(self, low, high):
        assert low == -high
        self.drawn = high

    def normal_(self, mean, std):
        assert mean == 0
        self.drawn = std


def drawn(initialise, *shape):
    weight = Recorder(*shape)
    initialise(weight)
    return weight.drawn


def ranges(fan_in, fan_out):
    layer = SimpleNamespace(weight=Recorder(fan_out, fan_in), bias=Recorder(fan_out))
    nn.Linear.reset_parameters(layer)
    shape = (fan_out, fan_in)
    values = {
        "linearDefaultWeightBound": layer.weight.drawn,
        "linearDefaultBiasBound": layer.bias.drawn,
        "xavierUniformBound": drawn(nn.init.xavier_uniform_, *shape),
        "xavierNormalStd": drawn(nn.init.xavier_normal_, *shape),
        "kaimingUniformBound": drawn(lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"), *shape),
        "kaimingNormalStd": drawn(lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"), *shape),
    }
    for name, (_, formula) in FORMULAS.items():
        assert math.isclose(values[name], formula(fan_in, fan_out), rel_tol=1e-14), name
    return {"fanIn": fan_in, "fanOut": fan_out, **{k: f64(v) for k, v in values.items()}}


def initialisers():
    sizes = [(784, 128), (128, 64), (64, 10), (1, 1), (3, 1000)]
    return {"torch": torch.__version__, "formulas": {k: text for k, (text, _) in FORMULAS.items()}, "cases": [ranges(*s) for s in sizes]}
