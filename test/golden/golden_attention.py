"""attention.json: multi-head attention and the layers of transformers, forward and backward, as torch computes them.

Each case holds its parameters, one batch, and torch's results in float64 for those float32 numbers: the output, the sum of
output times upstream, and its gradient with respect to each parameter. The batch is [N, rows, size + 1]: the first `queries`
rows are what attends, the rest (where there is more) the memory; the last feature says whether a row counts as a key.
`shift`, a parameter of zeros that is added to all rows, has the gradient of the input, summed over samples.
"""

import numpy as np
import torch
from torch import nn

from golden_json import f64, tensor
from golden_operators import normal


def above(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)


class Attention(nn.Module):
    def __init__(self, size, heads, causal=False, bias=True):
        super().__init__()
        self.causal = causal
        self.layer = nn.MultiheadAttention(size, heads, bias=bias, batch_first=True)

    def forward(self, x, memory, ignored, memory_ignored):
        keys = x if memory is None else memory
        mask = above(x.shape[1]) if self.causal else None
        output, _ = self.layer(x, keys, keys, key_padding_mask=ignored if memory is None else memory_ignored, attn_mask=mask, need_weights=False)
        return output


class Encoder(nn.Module):
    def __init__(self, size, heads, feed_forward, activation, norm_first, causal, layers):
        super().__init__()
        layer = nn.TransformerEncoderLayer(size, heads, feed_forward, 0, activation, batch_first=True, norm_first=norm_first)
        self.causal = causal
        self.layer = nn.TransformerEncoder(layer, layers, nn.LayerNorm(size) if norm_first else None)

    def forward(self, x, memory, ignored, memory_ignored):
        return self.layer(x, above(x.shape[1]) if self.causal else None, ignored)


class Decoder(nn.Module):
    def __init__(self, size, heads, feed_forward, activation, norm_first, layers):
        super().__init__()
        layer = nn.TransformerDecoderLayer(size, heads, feed_forward, 0, activation, batch_first=True, norm_first=norm_first)
        self.layer = nn.TransformerDecoder(layer, layers, nn.LayerNorm(size) if norm_first else None)

    def forward(self, x, memory, ignored, memory_ignored):
        return self.layer(x, memory, above(x.shape[1]), None, ignored, memory_ignored)


def case(random, name, model, samples, queries, keys, size, masked):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * normal(random, *parameter.shape))
    rows = queries + keys
    counts = torch.ones(samples, rows)
    if masked:
        counts = torch.from_numpy((random.random_sample((samples, rows)) < 0.7).astype(np.float32))
        counts[:, 0] = counts[:, queries - 1 if keys == 0 else queries] = 1
    inputs = torch.cat([normal(random, samples, rows, size), counts[..., None]], -1)
    upstream = normal(random, queries, size)
    model = model.double()
    shift = torch.zeros(rows, size, dtype=torch.float64, requires_grad=True)
    x = inputs[..., :size].double() + shift
    ignored = counts == 0
    memory = x[:, queries:] if keys else None
    output = model(x[:, :queries], memory, ignored[:, :queries] if masked else None, ignored[:, queries:] if masked else None)
    total = (output * upstream.double()).sum()
    total.backward()
    named = list(model.layer.named_parameters())
    return {
        "name": name, "queries": queries, "masked": int(masked),
        "input": tensor(inputs), "upstream": tensor(upstream),
        "parameters": {key: tensor(p.detach().float()) for key, p in named},
        "sum": f64(total),
        "gradients": {**{key: tensor(p.grad.float()) for key, p in named}, "shift": tensor(shift.grad.float())},
    }


def attention_cases():
    random = np.random.RandomState(17)
    torch.manual_seed(17)
    return {"cases": [
        case(random, "self", Attention(6, 2), 3, 5, 0, 6, False),
        case(random, "self causal", Attention(8, 2, causal=True), 2, 18, 0, 8, False),
        case(random, "self causal masked", Attention(9, 3, causal=True), 2, 7, 0, 9, True),
        case(random, "self without bias", Attention(5, 1, bias=False), 2, 9, 0, 5, True),
        case(random, "cross", Attention(6, 3), 3, 4, 11, 6, True),
        case(random, "encoder relu", Encoder(6, 2, 7, "relu", False, False, 2), 2, 5, 0, 6, True),
        case(random, "encoder gelu first causal", Encoder(8, 4, 9, "gelu", True, True, 1), 2, 6, 0, 8, False),
        case(random, "decoder relu", Decoder(6, 2, 5, "relu", False, 1), 2, 4, 5, 6, True),
        case(random, "decoder gelu first", Decoder(4, 2, 6, "gelu", True, 2), 2, 3, 4, 4, False),
    ]}


if __name__ == "__main__":
    from golden_json import write_json

    write_json(__file__.replace("golden_attention.py", "attention.json"), attention_cases())
