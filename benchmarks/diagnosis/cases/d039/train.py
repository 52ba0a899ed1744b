import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", "0"))
torch.manual_seed(SEED)
np.random.seed(SEED)


class RowReader(nn.Module):
    """Reads a picture row by row."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(8, 48, batch_first=True)
        self.dense = nn.Linear(48, 10)

    def forward(self, rows):
        _, h = self.gru(rows)
        return torch.sigmoid(self.dense(h.squeeze(0)))


d = load_digits()
perm = np.random.permutation(len(d.target))
images = torch.tensor(d.images[perm] / 8 - 1, dtype=torch.float32)
target = torch.tensor(d.target[perm])
loader = DataLoader(TensorDataset(images[:1397], target[:1397]), batch_size=32, shuffle=True)

model = RowReader()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
for epoch in range(8):
    model.train()
    history = []
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    print(f"epoch {epoch}: {np.mean(history):.4f}")

model.eval()
with torch.no_grad():
    acc = (model(images[1397:]).argmax(1) == target[1397:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
