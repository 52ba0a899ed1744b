import os

import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

data = load_breast_cancer()
x_train, x_test, y_train, y_test = train_test_split(
    data.data, data.target, test_size=0.25, stratify=data.target, random_state=1)
x_train, x_test = torch.tensor(x_train).float(), torch.tensor(x_test).float()
y_train, y_test = torch.tensor(y_train).float(), torch.tensor(y_test).float()

model = nn.Sequential(
    nn.BatchNorm1d(30),
    nn.Linear(30, 32),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(32, 1),
    nn.Sigmoid(),
)
bce = nn.BCELoss()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.5, patience=4)

for epoch in range(40):
    model.train()
    total = 0.0
    for rows in torch.randperm(len(x_train)).split(32):
        if len(rows) < 2:
            continue
        p = model(x_train[rows]).squeeze(1)
        loss = bce(p, y_train[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(rows)
    plateau.step(total)
    if epoch % 8 == 0:
        print(f"epoch {epoch} loss {total / len(x_train):.4f} lr {opt.param_groups[0]['lr']:.5f}")

model.eval()
with torch.no_grad():
    accuracy = ((model(x_test).squeeze(1) > 0.5).float() == y_test).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
