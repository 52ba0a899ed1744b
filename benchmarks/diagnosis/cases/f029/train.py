import os
from collections import OrderedDict

import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.preprocessing import scale

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

x, y = make_classification(6000, n_features=32, n_informative=20, n_redundant=4, n_classes=12, n_clusters_per_class=1,
                           class_sep=2.0, random_state=SEED + 3)
x = torch.tensor(scale(x), dtype=torch.float)
y = torch.tensor(y)
x_train, y_train, x_test, y_test = x[:5000], y[:5000], x[5000:], y[5000:]

model = nn.Sequential(OrderedDict([
    ("wide1", nn.Linear(32, 128)), ("act1", nn.ReLU()),
    ("wide2", nn.Linear(128, 128)), ("act2", nn.ReLU()),
    ("squeeze", nn.Linear(128, 2)), ("act3", nn.ReLU()),
    ("expand", nn.Linear(2, 128)), ("act4", nn.ReLU()),
    ("scores", nn.Linear(128, 12)),
]))
trainer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(8):
    seen = total = 0
    for rows in torch.randperm(5000).split(50):
        scores = model(x_train[rows])
        loss = nn.functional.cross_entropy(scores, y_train[rows])
        trainer.zero_grad()
        loss.backward()
        trainer.step()
        total += loss.item() * len(rows)
        seen += len(rows)
    print(f"epoch {epoch}: mean loss {total / seen:.4f}")

with torch.no_grad():
    print(f"FINAL accuracy={(model(x_test).argmax(1) == y_test).float().mean().item():.4f}")
