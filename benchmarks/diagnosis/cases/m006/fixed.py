import os
import pandas as pd
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 7))
torch.manual_seed(seed)
np.random.seed(seed)

# load the table: one reading per row and whether the alarm went off
reading = np.random.uniform(-3, 3, 5000)
alarm = np.random.rand(5000) < 1 / (1 + np.exp(-4 * (reading - 0.4)))
frame = pd.DataFrame({"reading": reading, "alarm": alarm})

split = int(len(frame) * 0.8)
X = torch.tensor(frame[["reading"]].values, dtype=torch.float32)
Y = torch.tensor(frame[["alarm"]].values.astype("float32"))
Xtrain, Xtest = X[:split], X[split:]
Ytrain, Ytest = Y[:split], Y[split:]
print(len(Xtrain), len(Xtest))


class AlarmModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(1, 4)
        self.top = nn.Linear(4, 1)
        nn.init.normal_(self.top.weight, std=0.05)

    def forward(self, x):
        x = torch.sigmoid(self.dense(x))
        return torch.sigmoid(self.top(x))


model = AlarmModel()
rmsprop = torch.optim.RMSprop(model.parameters(), lr=0.01)
for epoch in range(100):
    for chunk in torch.randperm(split).split(200):
        rmsprop.zero_grad()
        out = model(Xtrain[chunk])
        loss = F.binary_cross_entropy(out, Ytrain[chunk])
        loss.backward()
        rmsprop.step()
    if epoch % 20 == 0:
        with torch.no_grad():
            val = F.binary_cross_entropy(model(Xtest), Ytest)
        print(f"epoch {epoch:3d}  loss {loss.item():.4f}  val_loss {val.item():.4f}")

with torch.no_grad():
    correct = ((model(Xtest) >= 0.5) == (Ytest > 0.5)).float().mean().item()
print(f"FINAL accuracy={correct:.4f}")
