"""Makes operators.json, optimizers.json, schedules.json, initialisers.json, tied.json, training.json, pooling.json, normalisation.json, convolution.json, recurrence.json, tokens.json and elements.json beside this script, or in --out DIR.

Deterministic: inputs come from numpy's frozen legacy generator, and one torch thread computes.
The training run is made by train_200.py.
"""

import argparse
import os
import sys

sys.dont_write_bytecode = True

import torch

from golden_convolution import convolution
from golden_elements import elements
from golden_initialisers import initialisers
from golden_json import write_json
from golden_normalisation import normalisation
from golden_operators import operators
from golden_optimizers import optimizers
from golden_pooling import pooling
from golden_recurrence import recurrence
from golden_schedules import schedules
from golden_tied import tied
from golden_tokens import tokens
from golden_training import training


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", metavar="DIR", default=os.path.dirname(os.path.abspath(__file__)))
    out = parser.parse_args().out
    torch.set_num_threads(1)
    for make in (operators, optimizers, schedules, initialisers, tied, training, pooling, normalisation, convolution, recurrence, tokens, elements):
        path = os.path.join(out, f"{make.__name__}.json")
        write_json(path, make())
        print(f"{path}: {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
