"""Trains one language model in PyTorch and in Lockstep, from the same weights on the same batches, and prints the losses side by
side: `python3 test/golden/compare_language_model.py TEXT --model gpt --steps 200 --batch 16`.

The model is `models.gpt` with 4 layers, 4 heads and 128 features, or `models.lstm` with 1 layer and 128 units, with a context of 128,
on the bytes of a text; batches are windows drawn once from its first nine tenths, Adam has a learning rate of 1e-3, and the last
tenth, cut into windows, is for the validation loss at the end. Both get the same number of threads. It needs `pnpm ready`; Lockstep's
half is compare_language_model.mjs, and everything that passes between them lies in a temporary folder.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import numpy as np
import torch

from gpt import Gpt, loss_of
from lstm import Lstm
from safetensors_file import write_safetensors

VOCABULARY = 256


def made(options):
    if options.model == "lstm":
        return Lstm(VOCABULARY, options.size, options.size, options.layers)
    gpt = Gpt(VOCABULARY, options.context, options.layers, options.heads, options.size)
    gpt.initialise()
    return gpt


def train_torch(model, windows, options, told):
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate)
    losses, begun = {}, time.perf_counter()
    for step in range(1, options.steps + 1):
        batch = windows[(step - 1) * options.batch : step * options.batch].long()
        optimizer.zero_grad()
        loss = loss_of(model, batch[:, :-1], batch[:, 1:])
        loss.backward()
        optimizer.step()
        if step in told:
            losses[step] = loss.item()
    return losses, time.perf_counter() - begun


def validated(model, windows):
    """The mean loss over all windows; a hundred at a time, for the memory."""
    model.eval()
    with torch.no_grad():
        sums = [loss_of(model, part[:, :-1].long(), part[:, 1:].long()).item() * len(part) for part in windows.split(100)]
    return sum(sums) / len(windows)


def train_lockstep(folder):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compare_language_model.mjs")
    result = json.loads(subprocess.run(["node", script, folder], check=True, stdout=subprocess.PIPE).stdout)
    return {int(step): loss for step, loss in result["losses"].items()}, result["validation"], result["seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", metavar="TEXT", help="any file; its bytes are the tokens")
    parser.add_argument("--model", choices=("gpt", "lstm"), default="gpt")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--context", type=int, default=128)
    parser.add_argument("--layers", type=int, help="4 by default; 1 of an lstm")
    parser.add_argument("--heads", type=int, default=4, help="of gpt")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--every", type=int, help="steps between two lines; 20 lines by default")
    options = parser.parse_args()
    options.layers = options.layers or {"gpt": 4, "lstm": 1}[options.model]
    with open(options.text, "rb") as file:
        text = np.frombuffer(file.read(), np.uint8)
    trained_on, held_out = np.split(text, [len(text) * 9 // 10])
    if len(held_out) <= options.context:
        parser.error(f"the last tenth of the text has {len(held_out)} bytes, windows have {options.context + 1}")
    every = options.every or max(1, options.steps // 20)
    told = [1, *range(every, options.steps + 1, every)]
    starts = np.random.RandomState(1).randint(0, len(trained_on) - options.context, options.steps * options.batch)
    windows = trained_on[starts[:, None] + np.arange(options.context + 1)]
    validation = held_out[np.arange(0, len(held_out) - options.context, options.context)[:, None] + np.arange(options.context + 1)]
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model = made(options)
    with tempfile.TemporaryDirectory() as folder:
        write_safetensors(os.path.join(folder, "weights.safetensors"), model.state_dict())
        windows.tofile(os.path.join(folder, "windows.u8.bin"))
        validation.tofile(os.path.join(folder, "validation.u8.bin"))
        with open(os.path.join(folder, "settings.json"), "w", encoding="utf-8") as file:
            json.dump({**vars(options), "told": told, "vocabulary": VOCABULARY}, file)
        ours, our_validation, our_seconds = train_lockstep(folder)
    theirs, their_seconds = train_torch(model, torch.from_numpy(windows), options, set(told))
    print("step  torch      lockstep   difference")
    for step in told:
        print(f"{step:5d} {theirs[step]:.6f}  {ours[step]:.6f}  {(ours[step] - theirs[step]) / theirs[step]:+.1e}")
    their_validation = validated(model, torch.from_numpy(validation))
    print(f"validation of {len(validation)} windows: {their_validation:.6f}  {our_validation:.6f}  {our_validation / their_validation - 1:+.1e}")
    tokens = options.steps * options.batch * options.context
    print(f"torch {torch.__version__}: {tokens / their_seconds:,.0f} tokens/s; lockstep: {tokens / our_seconds:,.0f} tokens/s; ratio {their_seconds / our_seconds:.2f}")


if __name__ == "__main__":
    main()
