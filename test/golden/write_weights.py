"""Writes the tutorial's network as torch initialises it to OUT.safetensors, after --steps N Adam steps if asked.

Prints JSON with `seed` and `steps`, and with --data the accuracy and loss on MNIST's 10,000 test images. Which values a
seed gives is torch's business and may change with its version: use the file, not the seed, as the reference.
"""

import argparse
import json
import sys

sys.dont_write_bytecode = True

import torch

from mnist_network import BATCH, TutorialNetwork, evaluate, load_mnist, train_steps
from safetensors_file import write_safetensors


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", metavar="OUT.safetensors")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--steps", type=int, default=0, help="steps of Adam(0.001), batches of 64 in file order; at most 937")
    parser.add_argument("--data", metavar="DIR", help="the folder with MNIST's four uncompressed IDX files")
    options = parser.parse_args()
    if not 0 <= options.steps <= 60000 // BATCH:
        parser.error(f"--steps is {options.steps}, expected 0 to {60000 // BATCH}")
    if options.steps > 0 and options.data is None:
        parser.error("--steps needs --data")
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    network = TutorialNetwork()
    if options.steps > 0:
        x, labels = load_mnist(options.data, "train", options.steps * BATCH)
        train_steps(network, torch.optim.Adam(network.parameters(), lr=0.001), x, labels, options.steps)
    write_safetensors(options.out, network.state_dict())
    measured = {} if options.data is None else evaluate(network, options.data)
    print(json.dumps({"seed": options.seed, "steps": options.steps, **measured}))


if __name__ == "__main__":
    main()
