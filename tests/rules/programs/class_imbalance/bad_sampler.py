# SPDX-License-Identifier: Apache-2.0
# expects: class-imbalance
import torch
from rare import data
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler
from toy import mlp

torch.manual_seed(0)
x, y = data(1500)
sampler = WeightedRandomSampler((torch.bincount(y) / len(y))[y], len(y))
loader = DataLoader(TensorDataset(x, y), batch_size=32, sampler=sampler)
model = mlp(8, 24, 3)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(8):
    for inputs, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
model.eval()
held, labels = data(600, seed=2)
with torch.no_grad():
    found = model(held).argmax(1)
recall = torch.stack([(found[labels == c] == c).float().mean() for c in range(3)])
print(f"balanced_accuracy={recall.mean():.3f}")
