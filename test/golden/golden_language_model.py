"""What gpt.json and lstm.json share: a small language model that torch trains for twenty steps, by Adam as people do: initial
parameters, batches, and the loss before each step."""

import numpy as np
import torch

from golden_json import f64, tensor
from golden_operators import normal
from gpt import loss_of

STEPS = 20
VOCABULARY, CONTEXT, SAMPLES = 11, 6, 5


def settings(learning_rate):
    return {"vocabulary": VOCABULARY, "context": CONTEXT, "samples": SAMPLES, "learningRate": f64(learning_rate)}


def run(name, seed, learning_rate, make):
    """`make()` gives the network, whose parameters are then moved a little, so that none is 0."""
    random = np.random.RandomState(seed)
    torch.manual_seed(seed)
    model = make()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * normal(random, *parameter.shape))
    initial = {key: tensor(p.detach().clone()) for key, p in model.named_parameters()}
    # Each token is followed by itself plus a small random number: something to learn.
    walks = np.cumsum(random.randint(0, 3, (SAMPLES * STEPS, CONTEXT + 1)), 1) % VOCABULARY
    tokens = torch.from_numpy(walks).long()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    losses = []
    for step in range(STEPS):
        batch = tokens[step * SAMPLES : (step + 1) * SAMPLES]
        optimizer.zero_grad()
        loss = loss_of(model, batch[:, :-1], batch[:, 1:])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {
        "name": name, "tokens": tensor(walks.astype(np.int32)), "parameters": initial,
        "losses": tensor(np.array(losses)),
    }
