"""Loads WEIGHTS.safetensors into the tutorial's torch network, strictly, and prints its accuracy and loss as JSON.

Measured on MNIST's 10,000 test images. Fails if a tensor is missing, unexpected or of another shape.
"""

import argparse
import json
import sys

sys.dont_write_bytecode = True

import torch

from mnist_network import TutorialNetwork, evaluate
from safetensors_file import read_safetensors


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", metavar="WEIGHTS.safetensors")
    parser.add_argument("--data", metavar="DIR", required=True, help="the folder with MNIST's four uncompressed IDX files")
    options = parser.parse_args()
    torch.set_num_threads(1)
    network = TutorialNetwork()
    network.load_state_dict(read_safetensors(options.weights), strict=True)
    print(json.dumps(evaluate(network, options.data)))


if __name__ == "__main__":
    main()
