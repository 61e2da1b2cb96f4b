"""The networks of bench/src/networks for PyTorch, with the names of parameters that ours have, so that weights are found by
name. A network takes what lies in `inputs.bin`: pixels as float32 in [0, 1] (flat, a sample a row), or tokens.
"""

import torch
from torch import nn
from torch.nn import functional


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = functional.max_pool2d(torch.relu(self.conv1(x.view(-1, 1, 28, 28))), 2)
        x = functional.max_pool2d(torch.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """He et al. (2016), section 4.2: three stages of 16, 32 and 64 channels."""

    def __init__(self, blocks=1):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        widths = [16, 16, 32, 64]
        for stage in range(3):
            parts = [Block(widths[stage], widths[stage + 1], 1 if stage == 0 else 2)]
            parts += [Block(widths[stage + 1], widths[stage + 1], 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*parts))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x.view(-1, 1, 28, 28))))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class Gpt(nn.Module):
    """Pre-norm blocks of causal attention, as bench/src/networks/gpt.ts."""

    def __init__(self, vocabulary=256, context=128, layers=4, heads=4, size=128):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, size)
        self.positions = nn.Embedding(context, size)
        block = nn.TransformerEncoderLayer(
            size, heads, 4 * size, dropout=0, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(block, layers, norm=nn.LayerNorm(size))
        self.head = nn.Linear(size, vocabulary, bias=False)
        self.register_buffer("mask", torch.triu(torch.full((context, context), float("-inf")), 1), persistent=False)

    def forward(self, tokens):
        x = self.embedding(tokens) + self.positions.weight
        return self.head(self.blocks(x, self.mask))


class Lstm(nn.Module):
    def __init__(self, vocabulary=256, size=128):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, size)
        self.lstm = nn.LSTM(size, size, batch_first=True)
        self.head = nn.Linear(size, vocabulary)

    def forward(self, tokens):
        return self.head(self.lstm(self.embedding(tokens))[0])


NETWORKS = {"lenet": LeNet, "resnet": ResNet, "gpt": Gpt, "lstm": Lstm}
