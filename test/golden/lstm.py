"""The network of `models.lstm` over tokens in PyTorch, with the same names of parameters: `lstm.load_state_dict(...)` takes a
trained one's. Weights begin as torch's layers begin by themselves, which is how those of `models.lstm` do."""

from torch import nn


class Lstm(nn.Module):
    """Tokens [N, T] to scores [N, T, vocabulary] of the token behind each."""

    def __init__(self, vocabulary, embedding=128, size=128, layers=1):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, size, layers, batch_first=True)
        self.head = nn.Linear(size, vocabulary)

    def forward(self, tokens):
        output, _ = self.lstm(self.embedding(tokens))
        return self.head(output)
