import os

import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch import nn, optim

torch.manual_seed(int(os.environ.get("SEED", 0)))

wine = load_wine()
parts = train_test_split(wine.data, wine.target, test_size=0.3, random_state=0, stratify=wine.target)
x_train, x_test = torch.tensor(parts[0]).float(), torch.tensor(parts[1]).float()
y_train, y_test = torch.tensor(parts[2]), torch.tensor(parts[3])
centre, scale = x_train.mean(0), x_train.std(0)
x_train, x_test = (x_train - centre) / scale, (x_test - centre) / scale

net = nn.Sequential(
    nn.Linear(13, 32), nn.Tanh(),
    nn.Linear(32, 16), nn.Tanh(),
    nn.Linear(16, 3),
)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.05)

for epoch in range(60):
    for rows in torch.randperm(len(x_train)).split(16):
        optimizer.zero_grad()
        loss = criterion(net(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        print("epoch", epoch + 1, "loss", round(loss.item(), 4))

with torch.no_grad():
    hits = (net(x_test).argmax(dim=1) == y_test).float().mean().item()
print(f"FINAL accuracy={hits:.4f}")
