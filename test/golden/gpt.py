"""The network of `models.gpt` in PyTorch, with the same names of parameters: `gpt.load_state_dict(...)` takes a trained one's.

Trained models are exported with their tensors' names (`lockstep export --to safetensors`), and read by safetensors.torch.
"""

import torch
from torch import nn
from torch.nn import functional as F


class Gpt(nn.Module):
    """Tokens [N, T] to scores [N, T, vocabulary] of the token behind each; learnt positions."""

    def __init__(self, vocabulary, context, layers=4, heads=4, size=128, dropout=0.0, tied=False):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, size)
        self.positions = nn.Embedding(context, size)
        self.dropout = nn.Dropout(dropout)
        block = nn.TransformerEncoderLayer(size, heads, 4 * size, dropout, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, layers, nn.LayerNorm(size))
        self.head = None if tied else nn.Linear(size, vocabulary, bias=False)

    def forward(self, tokens):
        length = tokens.shape[1]
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        x = self.dropout(self.embedding(tokens) + self.positions.weight[:length])
        x = self.blocks(x, later)
        return F.linear(x, self.embedding.weight if self.head is None else self.head.weight)

    def initialise(self):
        """GPT-2's: normal with 0.02, what is added to a block's input by sqrt(2 layers) smaller, biases 0."""
        smaller = 0.02 / (2 * len(self.blocks.layers)) ** 0.5
        for name, parameter in self.named_parameters():
            if "norm" in name:
                continue
            if parameter.dim() == 1:
                nn.init.zeros_(parameter)
            else:
                nn.init.normal_(parameter, 0, smaller if "out_proj" in name or "linear2" in name else 0.02)


def loss_of(gpt, tokens, following):
    """Mean cross-entropy over all positions of all samples."""
    return F.cross_entropy(gpt(tokens).flatten(0, 1), following.flatten())
