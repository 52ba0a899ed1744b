import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def positions(n):
    """5 x 5 boards: own stones 1, other stones -1; who holds more of the middle tends to win."""
    board = rng.choice([-1, 0, 1], size=(n, 5, 5), p=[0.3, 0.4, 0.3])
    weight = np.array([[1, 1, 2, 1, 1], [1, 2, 3, 2, 1], [2, 3, 4, 3, 2], [1, 2, 3, 2, 1], [1, 1, 2, 1, 1]])
    pairs = (board[:, :, 1:] * board[:, :, :-1] * (board[:, :, 1:] + board[:, :, :-1])).sum((1, 2))
    score = (board * weight).sum((1, 2)) + 1.5 * pairs + rng.normal(0, 1.0, n)
    free = np.where(board == 0, weight + 0.1 * rng.random((n, 5, 5)), -1).reshape(n, -1)
    return (torch.tensor(board, dtype=torch.float32), torch.tensor(free.argmax(1)),
            torch.tensor(score > 0, dtype=torch.float32))


def head(n_in, n_out):
    return nn.Sequential(nn.Linear(n_in, 32), nn.ReLU(), nn.Linear(32, n_out), nn.Softmax(dim=1) if n_out > 1 else nn.Sigmoid())


class BoardNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 24, 3, padding=1), nn.ReLU(), nn.Conv2d(24, 24, 3, padding=1), nn.ReLU())
        self.policy = head(24 * 25, 25)
        self.value = head(24 * 25, 1)

    def forward(self, board):
        h = self.conv(board.unsqueeze(1)).flatten(1)
        return self.policy(h), self.value(h).squeeze(1)


boards, moves, won = positions(4000)
test_boards, test_moves, test_won = positions(1000)
net = BoardNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(6):
    sums = np.zeros(2)
    for idx in torch.randperm(4000).split(64):
        p, v = net(boards[idx])
        policy_loss = F.nll_loss(torch.log(p + 1e-8), moves[idx])
        value_loss = F.mse_loss(v, won[idx])
        opt.zero_grad()
        (policy_loss + value_loss).backward()
        opt.step()
        sums += [policy_loss.item(), value_loss.item()]
    print(f"epoch {epoch}: policy {sums[0] / 63:.3f} value {sums[1] / 63:.3f}")

with torch.no_grad():
    p, v = net(test_boards)
print(f"move {(p.argmax(1) == test_moves).float().mean():.3f}")
print(f"FINAL accuracy={((v > 0.5) == (test_won > 0.5)).float().mean().item():.4f}")
