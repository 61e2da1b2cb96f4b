"""The tutorial's MNIST network in torch, its data, and initial weights that any language can compute.

Invariant: `golden_weights` uses 32-bit integer arithmetic and one exact multiplication by a power of
two, so no rounding happens anywhere and every language gets the same bytes.
This is not a data loader: it reads plain IDX files whole, in file order, and never shuffles.
"""

import os

import numpy as np
import torch
from torch import nn

BATCH = 64

# Tensor name -> bound of its uniform initial values. A power of two, so that scaling is exact;
# each is near torch's own default for the layer, 1/sqrt(fan_in) = 0.036, 0.088, 0.125.
BOUNDS = {
    "layers.0.weight": 2.0**-5,
    "layers.0.bias": 2.0**-5,
    "layers.2.weight": 2.0**-3,
    "layers.2.bias": 2.0**-3,
    "layers.4.weight": 2.0**-3,
    "layers.4.bias": 2.0**-3,
}

# Of 0 to 199 the number whose Adam run keeps farthest from a ReLU input of 0, so that rounding never decides a sign.
SALT = "155:"

FORMULA = (
    f"key = FNV-1a-32 of the ASCII text '{SALT}' followed by the tensor's name; for flat index i, modulo 2^32: "
    "x = i*0x9e3779b9 + key; x ^= x>>>16; x *= 0x7feb352d; x ^= x>>>15; x *= 0x846ca68b; x ^= x>>>16; "
    "value = ((x>>>8) - 2^23) * 2^-23 * bound, which is exact in float32"
)


class TutorialNetwork(nn.Module):
    """784-128-ReLU-64-ReLU-10 on [N, 784] inputs; parameters are named layers.0.weight and so on."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
        )

    def forward(self, x):
        return self.layers(x)


def fnv1a(name):
    """FNV-1a, 32 bits, of an ASCII string. Source: Fowler, Noll, Vo, http://www.isthe.com/chongo/tech/comp/fnv/."""
    key = 0x811C9DC5
    for byte in name.encode("ascii"):
        key = ((key ^ byte) * 0x01000193) & 0xFFFFFFFF
    return key


def golden_weights(name, shape):
    """The float32 array [*shape] of initial values of tensor `name`: see FORMULA.

    The mixing function is lowbias32 (Chris Wellons, https://nullprogram.com/blog/2018/07/31/).
    """
    x = np.arange(int(np.prod(shape)), dtype=np.uint32)
    x = x * np.uint32(0x9E3779B9) + np.uint32(fnv1a(SALT + name))
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    centred = (x >> np.uint32(8)).astype(np.int64) - 2**23
    values = centred * (2.0**-23 * BOUNDS[name])
    assert np.array_equal(values, values.astype(np.float32))
    return values.astype(np.float32).reshape(shape)


def golden_network(dtype=torch.float32):
    """The network with `golden_weights` in all its parameters, in `dtype`."""
    network = TutorialNetwork()
    state = {k: torch.from_numpy(golden_weights(k, tuple(v.shape))) for k, v in network.state_dict().items()}
    network.load_state_dict(state, strict=True)
    return network.to(dtype)


def read_idx(path):
    """The uint8 array in an uncompressed IDX file. Source: the format's description at yann.lecun.com/exdb/mnist."""
    with open(path, "rb") as file:
        raw = file.read()
    if len(raw) < 4 or raw[:3] != b"\x00\x00\x08":
        raise ValueError(f"read_idx: {path} is no IDX file of unsigned bytes (expected it to begin 00 00 08)")
    shape = np.frombuffer(raw, ">u4", raw[3], 4).astype(int)
    return np.frombuffer(raw, np.uint8, int(np.prod(shape)), 4 + 4 * raw[3]).reshape(shape)


def load_mnist(directory, split, count=None):
    """(images [N, 784] float32 as byte/255 rounded once, labels [N] int64); split is 'train' or 't10k'."""
    images = read_idx(os.path.join(directory, f"{split}-images-idx3-ubyte"))[:count]
    labels = read_idx(os.path.join(directory, f"{split}-labels-idx1-ubyte"))[:count]
    x = images.reshape(len(images), -1).astype(np.float32) / np.float32(255)
    return torch.from_numpy(x), torch.from_numpy(labels.astype(np.int64))


def train_steps(network, optimizer, x, labels, steps):
    """`steps` steps over batches of 64 in file order (no shuffling); the list of each batch's mean loss, before its step."""
    losses = []
    for step in range(steps):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        loss = nn.functional.cross_entropy(network(x[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def evaluate(network, directory):
    """{'accuracy': in [0, 1], 'loss': mean cross-entropy in nats} over the 10,000 test images.

    The network runs in float32; the mean is taken in float64, so the loss does not depend on a summation order.
    """
    x, labels = load_mnist(directory, "t10k")
    with torch.no_grad():
        logits = network(x)
        losses = nn.functional.cross_entropy(logits.double(), labels, reduction="none")
        accuracy = (logits.argmax(1) == labels).double().mean()
    return {"accuracy": accuracy.item(), "loss": losses.mean().item()}
