# SPDX-License-Identifier: Apache-2.0
# expects: inputs-not-normalized recurrent
# The ids of a text go into a recurrent layer as numbers.
import torch
from torch import nn

torch.manual_seed(0)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.recurrent = nn.LSTM(1, 32, batch_first=True)
        self.out = nn.Linear(32, 24)

    def forward(self, ids):
        return self.out(self.recurrent(ids.float().unsqueeze(-1))[0][:, -1])


order = torch.randperm(24)
text = torch.randint(0, 24, (3000,))
text[1::2] = order[text[::2]]
windows = text.unfold(0, 9, 1)
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(200):
    rows = windows[torch.randint(0, len(windows), (64,))]
    loss = nn.functional.cross_entropy(model(rows[:, :-1]), rows[:, -1])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
