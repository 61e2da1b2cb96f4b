"""Writes golden values as JSON that a reader turns back into the very same bits.

A tensor is {"shape": [...], KEY: [numbers]} with KEY one of f32, f64, i32, or {"shape", "f32base64"} (little-endian
bytes) above 1000 values. Invariant: every number printed is checked to parse back to the bits it came from,
through float64 as JavaScript parses it. Non-finite values are refused: no golden value is one.
"""

import base64
import json

import numpy as np
import torch

BASE64_ABOVE = 1000


class Number:
    """A number that is already printed: json.dumps cannot be told how to print a float32."""

    def __init__(self, text):
        self.text = text


def f32(value):
    """The shortest decimal that reads back as this float32, whether read as float32 or as float64 and then rounded."""
    value = np.float32(value)
    if not np.isfinite(value):
        raise ValueError(f"f32: expected a finite value, got {value}")
    text = str(value)
    assert np.float32(float(text)).tobytes() == value.tobytes(), text
    return Number(text)


def f64(value):
    """The shortest decimal that reads back as this float64."""
    value = float(value)
    if not np.isfinite(value):
        raise ValueError(f"f64: expected a finite value, got {value}")
    return Number(repr(value))


def tensor(values):
    """The JSON form of a torch tensor or numpy array of float32, float64 or integers."""
    array = values.detach().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
    shape = list(array.shape)
    flat = array.reshape(-1)
    if array.dtype == np.float32:
        if flat.size > BASE64_ABOVE:
            return {"shape": shape, "f32base64": base64.b64encode(flat.astype("<f4").tobytes()).decode()}
        return {"shape": shape, "f32": [f32(v) for v in flat]}
    if array.dtype == np.float64:
        return {"shape": shape, "f64": [f64(v) for v in flat]}
    if array.dtype.kind in "iu":
        return {"shape": shape, "i32": [int(v) for v in flat]}
    raise TypeError(f"tensor: expected float32, float64 or integers, got {array.dtype}")


def encode(value, indent=0):
    """JSON text: objects and lists of objects over several lines, lists of plain numbers on one."""
    inner, outer = "  " * (indent + 1), "  " * indent
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        if not any(isinstance(v, dict) or isinstance(v, list) and v and isinstance(v[0], (dict, list)) for v in value.values()):
            return "{" + ", ".join(f"{json.dumps(k)}: {encode(v)}" for k, v in value.items()) + "}"
        rows = [f"{inner}{json.dumps(k)}: {encode(v, indent + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{outer}}}"
    if isinstance(value, list):
        if value and isinstance(value[0], (dict, list)):
            return "[\n" + ",\n".join(inner + encode(v, indent + 1) for v in value) + f"\n{outer}]"
        return "[" + ", ".join(encode(v) for v in value) + "]"
    if isinstance(value, float):
        raise TypeError(f"encode: say f32 or f64 of {value}")
    return json.dumps(value, ensure_ascii=False)


def write_json(path, value):
    """Writes `value` to `path`, ending in a newline."""
    text = encode(value) + "\n"
    json.loads(text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
