import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

bunch = load_wine()
order = np.random.RandomState(5).permutation(len(bunch.target))
X = bunch.data[order]
Y = bunch.target[order]
mean, std = X[:133].mean(0), X[:133].std(0)
X = torch.tensor((X - mean) / std, dtype=torch.float32)
Y = torch.tensor(Y)

hidden = torch.nn.Linear(13, 24)
output = torch.nn.Linear(24, 3)


def predict(x):
    return output(F.relu(hidden(x)))


params = list(hidden.parameters()) + list(output.parameters())
opt = torch.optim.Adagrad(params, lr=0.02)
history = []
for epoch in range(25):
    idx = rng.permutation(133)
    for start in range(0, 133, 4):
        rows = idx[start:start + 4]
        opt.zero_grad()
        loss = F.cross_entropy(predict(X[rows]), Y[rows])
        loss.backward()
        opt.step()
        history.append(loss.item())
    if epoch % 5 == 0:
        print("epoch", epoch, "loss", np.round(np.mean(history[-34:]), 4))

with torch.no_grad():
    acc = (predict(X[133:]).argmax(1) == Y[133:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
