# SPDX-License-Identifier: Apache-2.0
# expects: target-equals-input attention
# Nothing hides the next id, which each place is to predict.
import torch
from torch import nn

torch.manual_seed(0)


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.mixed = nn.Linear(width, 3 * width)

    def forward(self, x):
        query, key, value = self.mixed(x).chunk(3, dim=-1)
        scores = query @ key.transpose(1, 2) / query.shape[-1] ** 0.5
        return scores.softmax(dim=-1) @ value


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.ids, self.places = nn.Embedding(20, 32), nn.Embedding(15, 32)
        self.attention, self.out = Attention(32), nn.Linear(32, 20)

    def forward(self, ids):
        x = self.ids(ids) + self.places.weight
        return self.out(x + self.attention(x))


tokens = torch.randint(0, 20, (400, 16))
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(120):
    rows = tokens[torch.randint(0, 400, (32,))]
    scores = model(rows[:, :-1])
    loss = nn.functional.cross_entropy(scores.flatten(0, 1), rows[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
