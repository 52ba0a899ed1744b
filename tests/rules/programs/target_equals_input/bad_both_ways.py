# SPDX-License-Identifier: Apache-2.0
# expects: target-equals-input recurrent
import torch
from torch import nn

torch.manual_seed(0)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.ids = nn.Embedding(20, 32)
        self.recurrent = nn.GRU(32, 32, batch_first=True, bidirectional=True)
        self.out = nn.Linear(64, 20)

    def forward(self, ids):
        return self.out(self.recurrent(self.ids(ids))[0])


tokens = torch.randint(0, 20, (400, 16))
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(100):
    rows = tokens[torch.randint(0, 400, (32,))]
    scores = model(rows[:, :-1])
    loss = nn.functional.cross_entropy(scores.flatten(0, 1), rows[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
