"""A tiny safetensors reader and writer for float32 tensors, written apart from the TypeScript one, so that each checks the other.

A file is an 8-byte little-endian header length, a JSON header of name -> {dtype, shape, data_offsets}, then raw bytes.
Source: https://github.com/huggingface/safetensors#format. Not for untrusted files.
"""

import json
import math
import struct

import numpy as np
import torch


def read_safetensors(path):
    """name -> float32 tensor, in the header's order."""
    with open(path, "rb") as file:
        raw = file.read()
    (length,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    data, tensors = raw[8 + length :], {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        count = math.prod(entry["shape"])
        if entry["dtype"] != "F32" or end - begin != 4 * count or end > len(data):
            raise ValueError(f'read_safetensors: "{name}" is {entry}, expected F32 of 4*{count} bytes within {len(data)} ({path})')
        values = np.frombuffer(data, "<f4", count, begin).astype(np.float32)
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]))
    return tensors


def write_safetensors(path, tensors):
    """Writes name -> float32 tensor, in the mapping's order; the header is padded with spaces to 8 bytes."""
    header, chunks, offset = {}, [], 0
    for name, values in tensors.items():
        chunk = values.detach().numpy().astype("<f4", casting="no").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + len(chunk)]}
        chunks.append(chunk)
        offset += len(chunk)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))
