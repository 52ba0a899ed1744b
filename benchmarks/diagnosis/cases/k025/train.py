import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
MAX_DEPTH = 6


def brackets(n, length, depth):
    """Random walks that open (1) and close (2) and have fillers (0); the depth stays within bounds."""
    at = torch.zeros(n, dtype=torch.long)
    symbols, depths = [], []
    for _ in range(length):
        move = torch.randint(0, 4, (n,))
        step = torch.where(move == 0, 0, torch.where(move < 3, 1 - 2 * (torch.rand(n) < 0.5).long(), 0))
        step = torch.where((at + step < 0) | (at + step > depth), -step, step)
        at = at + step
        symbols.append(torch.where(step == 0, 0, torch.where(step > 0, 1, 2)))
        depths.append(at)
    return torch.stack(symbols, 1), torch.stack(depths, 1)


class DepthNet(nn.Module):
    def __init__(self, hidden=40):
        super().__init__()
        self.embed = nn.Embedding(3, 8)
        self.lstm = nn.LSTM(8, hidden, batch_first=True)
        self.out = nn.Linear(hidden, MAX_DEPTH + 1)
        with torch.no_grad():
            self.lstm.bias_ih_l0[hidden : 2 * hidden].fill_(1.5)

    def forward(self, x):
        return self.out(self.lstm(self.embed(x))[0])


model = DepthNet()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
stages = [(8, 2, 120), (16, 3, 150), (24, 5, 200), (32, 6, 300)]
for stage, (length, depth, steps) in enumerate(stages):
    for step in range(steps):
        x, y = brackets(48, length, depth)
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            print(f"stage {stage} (length {length}, depth {depth}) step {step}: {loss.item():.4f}")

model.eval()
with torch.no_grad():
    x, y = brackets(500, 32, 6)
    print(f"FINAL accuracy={(model(x).argmax(-1) == y).float().mean().item():.4f}")
