import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = load_digits(return_X_y=True)
X = X / 16.0
Xa, Xb, ya, yb = train_test_split(X, y, test_size=400, random_state=seed)
train = DataLoader(TensorDataset(torch.tensor(Xa).float(), torch.tensor(ya)), batch_size=32, shuffle=True)
Xb, yb = torch.tensor(Xb).float(), torch.tensor(yb)

model = nn.Sequential(
    nn.Linear(64, 256), nn.ReLU(), nn.Dropout(0.5),
    nn.Linear(256, 256), nn.ReLU(), nn.Dropout(0.5),
    nn.Linear(256, 10),
)
opt = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4)
crit = nn.CrossEntropyLoss()


def validate():
    model.eval()
    with torch.no_grad():
        out = model(Xb)
    return crit(out, yb).item(), (out.argmax(1) == yb).float().mean().item()


for epoch in range(12):
    model.train()
    tl = 0.0
    for a, b in train:
        opt.zero_grad()
        loss = crit(model(a), b)
        loss.backward()
        opt.step()
        tl += loss.item() / len(train)
    vl, va = validate()
    print(f"epoch {epoch:2d} train {tl:.4f} val {vl:.4f} acc {va:.4f}")
print(f"FINAL accuracy={va:.4f}")
