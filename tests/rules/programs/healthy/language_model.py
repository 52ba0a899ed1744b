# SPDX-License-Identifier: Apache-2.0
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
text = "the cat sat on the mat and the dog sat on the log " * 20
letters = sorted(set(text))
ids = torch.tensor([letters.index(c) for c in text])


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(len(letters), 16)
        self.rnn = nn.GRU(16, 32, batch_first=True)
        self.head = nn.Linear(32, len(letters))

    def forward(self, tokens):
        return self.head(self.rnn(self.embed(tokens))[0])


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(120):
    at = torch.randint(0, len(ids) - 33, (16,))
    block = torch.stack([ids[i : i + 33] for i in at.tolist()])
    logits = model(block[:, :-1])
    loss = F.cross_entropy(logits.reshape(-1, len(letters)), block[:, 1:].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
