"""Makes train-200.json and train-200-{adam,sgd}.f32.bin: 200 steps of the tutorial's network on MNIST.

Batches of 64 in file order, from `golden_weights`, one torch thread. The .bin files hold the final parameters as raw
little-endian float32, in declaration order, each in torch's layout. --compare writes nothing: it prints how far
float64, two threads and a different summation order move the result, which is what tolerances rest on, and how far
every ReLU input stays from 0 in units of rounding error, which is what the settings were chosen by.
"""

import argparse
import hashlib
import json
import os
import sys

sys.dont_write_bytecode = True

import numpy as np
import torch

from golden_json import f32, f64, write_json
from mnist_network import BATCH, BOUNDS, FORMULA, SALT, fnv1a, golden_network, golden_weights, load_mnist, train_steps

STEPS = 200

DATA_FILES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]

# With these settings no ReLU input comes so near to 0 that rounding decides its sign. Where one does, two correct float32
# runs may differ by 0.005 in the weights: README.md has the numbers.
OPTIMIZERS = {
    "adam": (torch.optim.Adam, {"lr": 0.001}, {"kind": "adam", "learningRate": f64(0.001)}),
    "sgd": (
        torch.optim.SGD,
        {"lr": 0.01, "momentum": 0.9},
        {"kind": "sgd", "learningRate": f64(0.01), "momentum": f64(0.9)},
    ),
}


def train(name, x, labels, dtype=torch.float32, threads=1, order=None, relu_inputs=None):
    """(losses [200] float64, parameters as one flat float64 array).

    `order` permutes the 784 inputs, undone at the end; `relu_inputs`, a list, gets every [64, 128] and [64, 64] of them.
    """
    torch.set_num_threads(threads)
    network = golden_network(dtype)
    first = network.layers[0].weight
    if order is not None:
        x = x[:, order]
        first.data = first.data[:, order].contiguous()
    if relu_inputs is not None:
        for layer in (network.layers[0], network.layers[2]):
            layer.register_forward_hook(lambda _layer, _inputs, z: relu_inputs.append(z.detach().double().numpy()))
    kind, arguments, _ = OPTIMIZERS[name]
    losses = train_steps(network, kind(network.parameters(), **arguments), x.to(dtype), labels, STEPS)
    if order is not None:
        first.data = first.data[:, torch.argsort(order)].contiguous()
    flat = torch.cat([p.detach().reshape(-1) for p in network.parameters()])
    return np.array(losses), flat.double().numpy()


def difference(run, reference):
    """The largest relative difference of a loss and the largest absolute difference of a parameter."""
    loss = np.max(np.abs(run[0] - reference[0]) / reference[0])
    return {"loss": float(loss), "weight": float(np.max(np.abs(run[1] - reference[1])))}


def relu_margin(name, x, labels):
    """The least |ReLU input| of the float64 run over the root mean square float32 error of its step and layer."""
    exact, rounded = [], []
    train(name, x, labels, torch.float64, relu_inputs=exact)
    train(name, x, labels, order=torch.from_numpy(np.random.RandomState(1).permutation(784)), relu_inputs=rounded)
    return min(float(np.min(np.abs(z)) / np.sqrt(np.mean((z - r) ** 2))) for z, r in zip(exact, rounded))


def compare(x, labels):
    for name in OPTIMIZERS:
        print(json.dumps({"optimizer": name, "reluMargin": relu_margin(name, x, labels)}))
        run = train(name, x, labels)
        variants = {
            "the same again": train(name, x, labels),
            "two threads": train(name, x, labels, threads=2),
            "float64": train(name, x, labels, torch.float64),
        }
        for seed in range(4):
            order = torch.from_numpy(np.random.RandomState(seed).permutation(784))
            variants[f"inputs in another order, {seed}"] = train(name, x, labels, order=order)
        for title, variant in variants.items():
            print(json.dumps({"optimizer": name, "against": title, **difference(variant, run)}))


def initial_weights():
    """The formula, and per tensor its shape, bound, key, first and last values and the SHA-256 of its float32 bytes."""
    tensors = {}
    for name, parameter in golden_network().state_dict().items():
        values = golden_weights(name, tuple(parameter.shape))
        flat = values.reshape(-1)
        tensors[name] = {
            "shape": list(values.shape), "bound": f64(BOUNDS[name]), "key": fnv1a(SALT + name),
            "first": [f32(v) for v in flat[:4]], "last": [f32(v) for v in flat[-2:]],
            "sha256": hashlib.sha256(values.astype("<f4").tobytes()).hexdigest(),
        }
    return {"formula": FORMULA, "tensors": tensors}


def file_sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", metavar="DIR", required=True, help="the folder with MNIST's four uncompressed IDX files")
    parser.add_argument("--out", metavar="DIR", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    x, labels = load_mnist(options.data, "train", STEPS * BATCH)
    if options.compare:
        compare(x, labels)
        return

    runs = {}
    for name, (_, _, words) in OPTIMIZERS.items():
        run, exact = train(name, x, labels), train(name, x, labels, torch.float64)
        weights = run[1].astype("<f4").tobytes()
        with open(os.path.join(options.out, f"train-200-{name}.f32.bin"), "wb") as file:
            file.write(weights)
        moved = difference(run, exact)
        runs[name] = {
            "optimizer": words,
            "losses": [f32(v) for v in run[0]],
            "weights": {"file": f"train-200-{name}.f32.bin", "count": len(run[1]), "sha256": hashlib.sha256(weights).hexdigest()},
            "float64": {
                "losses": [f64(v) for v in exact[0]],
                "largestRelativeLossDifference": f64(moved["loss"]),
                "largestWeightDifference": f64(moved["weight"]),
            },
        }
    write_json(os.path.join(options.out, "train-200.json"), {
        "torch": torch.__version__,
        "network": "784-128-ReLU-64-ReLU-10, mean cross-entropy",
        "data": "MNIST train, file order, byte/255 in float32, no shuffling",
        "dataSha256": {name: file_sha256(os.path.join(options.data, name)) for name in DATA_FILES},
        "steps": STEPS, "batchSize": BATCH,
        "initialWeights": initial_weights(),
        "runs": runs,
    })


if __name__ == "__main__":
    main()
