import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

themes = [(3 * k, 3 * k + 1, 3 * k + 2) for k in range(12)]


def documents(n):
    """Word counts; a theme puts its three words into the text."""
    y = rng.random((n, 12)) < 0.1
    x = rng.poisson(0.25, (n, 50)).astype("float32")
    for row, tags in zip(x, y):
        for k in np.flatnonzero(tags):
            row[list(themes[k])] += rng.poisson(2.5, 3)
    return torch.tensor(np.log1p(x)), torch.tensor(y, dtype=torch.float32)


x_train, y_train = documents(4000)
x_test, y_test = documents(1000)
model = nn.Sequential(nn.Linear(50, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 12))
optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
for epoch in range(12):
    model.train()
    for rows in torch.randperm(4000).split(50):
        loss = F.binary_cross_entropy_with_logits(model(x_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    tags = model(x_test) > 0
print(f"FINAL f1={f1_score(y_test, tags, average='micro'):.4f}")
