"""schedules.json: the learning rate of each optimizer step under torch's schedulers, and by the plain formulas.

Entry t (from 0) is the rate that step t uses: optimizer.step(), then scheduler.step(), once a step. All in float64.
torch computes some schedules recursively from the last rate, so `torch` and `formula` differ by rounding: at most 5e-15
relative, which is asserted here.
"""

import math
import warnings

import torch
from torch.optim import lr_scheduler as schedulers

from golden_json import f64


def torch_rates(base, steps, make):
    """The optimizer's learning rate at each of `steps` steps; make(optimizer) builds the scheduler."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = make(optimizer)
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps - 1):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def cosine(t, base, total, least):
    return least + (base - least) * (1 + math.cos(math.pi * t / total)) / 2


def warm_up(t, base, start, total):
    return base * (start + (1 - start) * min(t, total) / total)


def one_cycle(t, highest, total, pct=0.3, div=25.0, final_div=1e4):
    """Cosine from highest/div up to highest at step pct*total - 1, then down to highest/div/final_div at total - 1."""
    first, last = highest / div, highest / div / final_div
    peak, end = pct * total - 1, total - 1
    if t <= peak:
        return highest + (first - highest) / 2 * (1 + math.cos(math.pi * t / peak))
    return last + (highest - last) / 2 * (1 + math.cos(math.pi * (t - peak) / (end - peak)))


def warm_up_then_cosine(optimizer):
    up = schedulers.LinearLR(optimizer, start_factor=0.1, total_iters=10)
    down = schedulers.CosineAnnealingLR(optimizer, T_max=30, eta_min=1e-5)
    return schedulers.SequentialLR(optimizer, [up, down], milestones=[10])


def cases(base):
    """(name, steps, options in our words, scheduler maker, formula of the step index, note) of each schedule."""
    return [
        ("constant", 35, {}, lambda o: schedulers.LambdaLR(o, lambda t: 1.0), lambda t: base, ""),
        (
            "step", 35, {"stepSize": 7, "gamma": f64(0.5)},
            lambda o: schedulers.StepLR(o, 7, 0.5), lambda t: base * 0.5 ** (t // 7), "",
        ),
        ("exponential", 35, {"gamma": f64(0.9)}, lambda o: schedulers.ExponentialLR(o, 0.9), lambda t: base * 0.9**t, ""),
        (
            "cosine", 31, {"totalSteps": 30, "minimum": f64(1e-5)},
            lambda o: schedulers.CosineAnnealingLR(o, 30, 1e-5), lambda t: cosine(t, base, 30, 1e-5),
            "entry 30 is the minimum; torch's scheduler would rise again after it, so the table ends there",
        ),
        (
            "linear warm-up", 35, {"startFactor": f64(0.1), "warmUpSteps": 10},
            lambda o: schedulers.LinearLR(o, 0.1, 1.0, 10), lambda t: warm_up(t, base, 0.1, 10),
            "entry 0 is startFactor times the rate, entry 10 the first full rate",
        ),
        (
            "linear warm-up, then cosine", 41,
            {"startFactor": f64(0.1), "warmUpSteps": 10, "totalSteps": 30, "minimum": f64(1e-5)},
            warm_up_then_cosine, lambda t: warm_up(t, base, 0.1, 10) if t < 10 else cosine(t - 10, base, 30, 1e-5),
            "at the seam torch restarts the cosine at its own step 0 in closed form: entry 9 is the last of the warm-up "
            "(0.91 of the rate), entry 10 the full rate, once; totalSteps counts the cosine's steps alone",
        ),
        (
            "one cycle", 40,
            {"totalSteps": 40, "warmUpFraction": f64(0.3), "divide": f64(25), "finalDivide": f64(1e4)},
            lambda o: schedulers.OneCycleLR(o, base, total_steps=40), lambda t: one_cycle(t, base, 40),
            "learningRate is the maximum, at entry 11 = warmUpFraction*totalSteps - 1; the last entry is "
            "learningRate/divide/finalDivide; torch also cycles the momentum, which is not recorded",
        ),
    ]


def schedules():
    base = 0.01
    rows = []
    with warnings.catch_warnings():
        # SequentialLR itself calls the form of scheduler.step that torch deprecates.
        warnings.simplefilter("ignore")
        for name, steps, options, make, formula, note in cases(base):
            rates, plain = torch_rates(base, steps, make), [formula(t) for t in range(steps)]
            assert all(math.isclose(a, b, rel_tol=5e-15) for a, b in zip(rates, plain)), name
            rows.append({
                "name": name, "note": note, "learningRate": f64(base), "options": options,
                "torch": [f64(r) for r in rates], "formula": [f64(r) for r in plain],
            })
    return {"torch": torch.__version__, "cases": rows}
