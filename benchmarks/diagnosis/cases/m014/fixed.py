import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def next_state(field):
    neighbours = np.zeros_like(field)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            if dx or dy:
                neighbours += np.roll(np.roll(field, dx, 2), dy, 1)
    return np.logical_or(neighbours == 3, np.logical_and(field, neighbours == 2)).astype(np.int32)


def make_dataset(num, height=6, width=6, alive=0.5):
    x = (np.random.rand(num, height, width) < alive).astype(np.int32)
    return torch.tensor(x).float().unsqueeze(1), torch.tensor(next_state(x)).float().unsqueeze(1)


class LifeNet(nn.Module):
    """3x3 filters see the neighbours of a cell, two 1x1 layers decide."""

    def __init__(self, filters=10, channels=20):
        super().__init__()
        self.neighbours = nn.Conv2d(1, filters, 3, padding=1, padding_mode="circular")
        self.mix = nn.Conv2d(filters, channels, 1)
        self.decide = nn.Conv2d(channels, 1, 1)

    def forward(self, field):
        h = F.relu(self.neighbours(field))
        h = F.relu(self.mix(h))
        return self.decide(h)


def train(model, x, y, epochs, batch_size=64):
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(epochs):
        model.train()
        seen = 0.0
        for idx in torch.randperm(len(x)).split(batch_size):
            loss = F.binary_cross_entropy_with_logits(model(x[idx]), y[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
            seen += loss.item() * len(idx)
        print(f"epoch {epoch + 1}: {seen / len(x):.4f}")


model = LifeNet()
x_train, y_train = make_dataset(8000)
x_val, y_val = make_dataset(2000)
train(model, x_train, y_train, epochs=12)
model.eval()
with torch.no_grad():
    accuracy = ((model(x_val) > 0) == (y_val > 0.5)).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
