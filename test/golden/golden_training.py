"""training.json: a small network trained for six steps with what people add to a plain run: label smoothing, weights of
classes and of positive targets, parameter groups, frozen parameters, a schedule by group, clipping beside them.

The network is Linear(4, 5), tanh, Linear(5, 3 or 2); batches of 8 in file order. Each case holds the loss of each step and
the parameters at the end, of the float32 run and of the float64 run from the same float32 numbers.
"""

import numpy as np
import torch
from torch import nn

from golden_json import f32, f64, tensor

SAMPLES, BATCH, STEPS = 24, 8, 6
NAMES = ["0.weight", "0.bias", "2.weight", "2.bias"]

WEIGHTS = [0.5, 2.0, 1.25]

# (name, our words for the loss, our words for the optimizer, groups, frozen parameters, clipping)
CASES = [
    ("label smoothing", {"kind": "crossEntropy", "labelSmoothing": 0.1}, {"kind": "adam", "learningRate": 0.01}, [], [], {}),
    ("class weights", {"kind": "crossEntropy", "classWeights": WEIGHTS}, {"kind": "sgd", "learningRate": 0.1}, [], [], {}),
    ("class weights, one of them 0", {"kind": "crossEntropy", "classWeights": [0.0, 1.0, 3.0]}, {"kind": "sgd", "learningRate": 0.1, "momentum": 0.9}, [], [], {}),
    ("class weights and label smoothing", {"kind": "crossEntropy", "labelSmoothing": 0.2, "classWeights": WEIGHTS}, {"kind": "sgd", "learningRate": 0.1}, [], [], {}),
    ("class weights, clipped by norm", {"kind": "crossEntropy", "classWeights": WEIGHTS}, {"kind": "sgd", "learningRate": 0.1}, [], [], {"clipNorm": 0.1}),
    ("probabilities, class weights and label smoothing", {"kind": "crossEntropy", "labelSmoothing": 0.1, "classWeights": WEIGHTS, "targets": "probabilities"}, {"kind": "sgd", "learningRate": 0.1}, [], [], {}),
    ("a positive weight", {"kind": "binaryCrossEntropy", "positiveWeight": 3.0}, {"kind": "sgd", "learningRate": 0.1}, [], [], {}),
    ("a positive weight for each output", {"kind": "binaryCrossEntropy", "positiveWeight": [0.25, 4.0]}, {"kind": "adam", "learningRate": 0.01}, [], [], {}),
    ("groups, SGD with momentum", {"kind": "crossEntropy"}, {"kind": "sgd", "learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.01}, [{"match": ["0.weight", "0.bias"], "learningRate": 0.01}, {"match": ["2.bias"], "weightDecay": 0.0}], [], {}),
    ("groups, Adam", {"kind": "crossEntropy"}, {"kind": "adam", "learningRate": 0.01}, [{"match": ["0.weight", "2.weight"], "weightDecay": 0.1}, {"match": ["2.bias"], "learningRate": 0.05}], [], {}),
    ("groups, AdamW", {"kind": "crossEntropy"}, {"kind": "adamw", "learningRate": 0.01, "weightDecay": 0.1}, [{"match": ["0.bias", "2.bias"], "weightDecay": 0.0}, {"match": ["2.weight"], "learningRate": 0.002}], [], {}),
    ("groups, RMSprop", {"kind": "crossEntropy"}, {"kind": "rmsprop", "learningRate": 0.01, "momentum": 0.5}, [{"match": ["0.weight"], "learningRate": 0.001, "weightDecay": 0.1}], [], {}),
    ("groups, cosine schedule", {"kind": "crossEntropy"}, {"kind": "sgd", "learningRate": 0.1, "cosine": STEPS}, [{"match": ["2.weight", "2.bias"], "learningRate": 0.5}], [], {}),
    ("a frozen layer, Adam", {"kind": "crossEntropy"}, {"kind": "adam", "learningRate": 0.01}, [], ["0.weight", "0.bias"], {}),
    ("a frozen last layer, SGD with momentum and weight decay", {"kind": "crossEntropy"}, {"kind": "sgd", "learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.1}, [], ["2.weight", "2.bias"], {}),
    ("frozen biases, groups, clipped by norm", {"kind": "crossEntropy", "labelSmoothing": 0.1}, {"kind": "sgd", "learningRate": 0.1}, [{"match": ["2.weight"], "learningRate": 0.5}], ["0.bias", "2.bias"], {"clipNorm": 0.2}),
]

OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}
ARGUMENTS = {"learningRate": "lr", "momentum": "momentum", "weightDecay": "weight_decay"}


def arguments(words):
    return {ARGUMENTS[name]: value for name, value in words.items() if name in ARGUMENTS}


def loss_of(words, dtype):
    def weights(name):
        return None if name not in words else torch.tensor(words[name], dtype=dtype)

    if words["kind"] == "crossEntropy":
        return nn.CrossEntropyLoss(weight=weights("classWeights"), label_smoothing=words.get("labelSmoothing", 0.0))
    return nn.BCEWithLogitsLoss(pos_weight=weights("positiveWeight"))


def run(case, data, initial, dtype):
    """(losses [STEPS], parameters by name)."""
    _, loss_words, words, groups, frozen, clip = case
    outputs = initial["2.bias"].shape[0]
    network = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, outputs)).to(dtype)
    network.load_state_dict({name: value.to(dtype) for name, value in initial.items()})
    parameters = dict(network.named_parameters())
    for name in frozen:
        parameters[name].requires_grad_(False)
    trained = [name for name in NAMES if name not in frozen]
    grouped = [name for group in groups for name in group["match"]]
    lists = [{"params": [parameters[n] for n in group["match"]], **arguments(group)} for group in groups]
    lists.append({"params": [parameters[n] for n in trained if n not in grouped]})
    optimizer = getattr(torch.optim, OPTIMIZERS[words["kind"]])(lists, **arguments(words))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, words["cosine"]) if "cosine" in words else None
    measure = loss_of(loss_words, dtype)
    inputs, targets = data["inputs"].to(dtype), data[target_name(loss_words)]
    if targets.is_floating_point():
        targets = targets.to(dtype)
    losses = []
    for step in range(STEPS):
        rows = slice(BATCH * step % SAMPLES, BATCH * step % SAMPLES + BATCH)
        loss = measure(network(inputs[rows]), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_([parameters[n] for n in trained], clip["clipNorm"])
        optimizer.step()
        if schedule:
            schedule.step()
        losses.append(loss.item())
    return losses, {name: value.detach() for name, value in network.state_dict().items()}


def target_name(loss_words):
    return "binary" if loss_words["kind"] == "binaryCrossEntropy" else loss_words.get("targets", "labels")


def words_of(value):
    if isinstance(value, dict):
        return {name: words_of(one) for name, one in value.items()}
    if isinstance(value, list):
        return [words_of(one) for one in value]
    return f64(value) if isinstance(value, float) else value


def training():
    random = np.random.RandomState(20261129)

    def normal(*shape):
        return torch.from_numpy(random.standard_normal(shape).astype(np.float32))

    labels = torch.from_numpy(random.randint(0, 3, SAMPLES))
    data = {
        "inputs": normal(SAMPLES, 4), "labels": labels,
        "probabilities": torch.softmax(normal(SAMPLES, 3), dim=1),
        "binary": torch.from_numpy((random.uniform(size=(SAMPLES, 2)) < 0.3).astype(np.float32)),
    }
    first = {"0.weight": normal(5, 4) / 2, "0.bias": normal(5) / 4}
    initial = {outputs: {**first, "2.weight": normal(outputs, 5) / 2, "2.bias": normal(outputs) / 4} for outputs in (3, 2)}
    cases = []
    for case in CASES:
        name, loss_words, words, groups, frozen, clip = case
        start = initial[2 if target_name(loss_words) == "binary" else 3]
        losses, parameters = run(case, data, start, torch.float32)
        exact_losses, exact = run(case, data, start, torch.float64)
        cases.append({
            "name": name, "loss": words_of(loss_words), "optimizer": words_of({**words, **clip}),
            "groups": words_of(groups), "frozen": frozen,
            "losses": [f32(v) for v in losses], "parameters": {n: tensor(v) for n, v in parameters.items()},
            "float64": {"losses": [f64(v) for v in exact_losses], "parameters": {n: tensor(v) for n, v in exact.items()}},
        })
    return {
        "torch": torch.__version__, "batchSize": BATCH, "steps": STEPS,
        "data": {name: tensor(value) for name, value in data.items()},
        "initial": {str(outputs): {n: tensor(v) for n, v in values.items()} for outputs, values in initial.items()},
        "cases": cases,
    }
