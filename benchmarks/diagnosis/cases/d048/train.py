import os

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Trend(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(input_size=2, hidden_size=hidden)
        self.fc = nn.Linear(hidden, 3)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.fc(out[:, -1, :])


def walks(n, steps=20):
    kind = torch.randint(0, 3, (n,))
    drift = (kind - 1).float()[:, None] * 0.25
    moves = torch.randn(n, steps) * 0.5 + drift
    volume = torch.rand(n, steps)
    return TensorDataset(torch.stack([moves, volume], -1), kind)


train, test = walks(2400), walks(600)
model = Trend()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    model.train()
    for x, y in DataLoader(train, batch_size=30, shuffle=True):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())

model.eval()
right = 0
with torch.no_grad():
    for x, y in DataLoader(test, batch_size=100):
        right += (model(x).argmax(1) == y).sum().item()
print(f"FINAL accuracy={right / 600:.4f}")
