# SPDX-License-Identifier: Apache-2.0
# A guess that is refined in rounds and detached between them, each round with its own loss.
import torch
from torch import nn
from toy import batches, curve

torch.manual_seed(0)
x, y = curve(rows=2000)
y = y + 1.1 * torch.randn_like(y)


class Refiner(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = nn.GRUCell(9, 32)
        self.change = nn.Linear(32, 1)

    def forward(self, x):
        guess, state, rounds = torch.zeros(len(x), 1), torch.zeros(len(x), 32), []
        for _ in range(4):
            guess = guess.detach()
            state = self.memory(torch.cat([x, guess], 1), state)
            guess = guess + self.change(state)
            rounds.append(guess)
        return rounds


model = Refiner()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 48, 300):
    loss = sum(0.8 ** (3 - k) * (g - yb).abs().mean() for k, g in enumerate(model(xb)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
