# SPDX-License-Identifier: Apache-2.0
# expects: class-imbalance
import torch
from rare import data
from torch import nn
from toy import mlp, train

torch.manual_seed(0)
x, y = data(1500)
model = mlp(8, 24, 3)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss(weight=torch.bincount(y) / len(y))
train(model, x, y, criterion, optimizer, steps=400)
model.eval()
held, labels = data(600, seed=2)
with torch.no_grad():
    found = model(held).argmax(1)
recall = torch.stack([(found[labels == c] == c).float().mean() for c in range(3)])
print(f"balanced_accuracy={recall.mean():.3f}")
