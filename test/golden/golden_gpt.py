"""gpt.json: two small language models trained for twenty steps by torch: initial parameters, batches, and the loss before
each step. One has a head of its own, the other the embedding's weight. Adam, as people train them."""

import numpy as np
import torch

from golden_json import f64, tensor
from golden_operators import normal
from gpt import Gpt, loss_of

STEPS = 20
LEARNING_RATE = 0.01
VOCABULARY, CONTEXT, SAMPLES = 11, 6, 5


def run(name, seed, **sizes):
    random = np.random.RandomState(seed)
    torch.manual_seed(seed)
    gpt = Gpt(VOCABULARY, CONTEXT, **sizes)
    with torch.no_grad():
        for parameter in gpt.parameters():
            parameter.add_(0.2 * normal(random, *parameter.shape))
    initial = {key: tensor(p.detach().clone()) for key, p in gpt.named_parameters()}
    # Each token is followed by itself plus a small random number: something to learn.
    walks = np.cumsum(random.randint(0, 3, (SAMPLES * STEPS, CONTEXT + 1)), 1) % VOCABULARY
    tokens = torch.from_numpy(walks).long()
    optimizer = torch.optim.Adam(gpt.parameters(), lr=LEARNING_RATE)
    losses = []
    for step in range(STEPS):
        batch = tokens[step * SAMPLES : (step + 1) * SAMPLES]
        optimizer.zero_grad()
        loss = loss_of(gpt, batch[:, :-1], batch[:, 1:])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {
        "name": name, "tokens": tensor(walks.astype(np.int32)), "parameters": initial,
        "losses": tensor(np.array(losses)), "tied": int(gpt.head is None),
    }


def gpt_runs():
    sizes = {"layers": 2, "heads": 2, "size": 8}
    return {
        **{"vocabulary": VOCABULARY, "context": CONTEXT, "samples": SAMPLES, "learningRate": f64(LEARNING_RATE)},
        "runs": [run("a head of its own", 1, **sizes), run("tied", 2, tied=True, **sizes)],
    }


if __name__ == "__main__":
    from golden_json import write_json

    write_json(__file__.replace("golden_gpt.py", "gpt.json"), gpt_runs())
