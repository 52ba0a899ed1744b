import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
d = load_digits()
perm = torch.randperm(len(d.target), generator=torch.Generator().manual_seed(0))
X = (torch.tensor(d.data, dtype=torch.float32)[perm] - 4.9) / 6.0
Y = torch.tensor(d.target)[perm]
Xtr, Ytr, Xte, Yte = X[:1400], Y[:1400], X[1400:], Y[1400:]


class LeNetish(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 10, 3)
        self.fc1 = nn.Linear(360, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.tanh(self.conv(x.view(-1, 1, 8, 8)))
        return self.fc2(torch.tanh(self.fc1(x.flatten(1))))


net = LeNetish()
sgd = torch.optim.SGD(net.parameters(), lr=2e-4, momentum=0.9)
for epoch in range(15):
    total = 0.0
    for idx in torch.randperm(1400).split(64):
        sgd.zero_grad()
        loss = F.cross_entropy(net(Xtr[idx]), Ytr[idx], reduction="sum")
        loss.backward()
        sgd.step()
        total += loss.item()
    print(f"epoch {epoch}: summed loss {total:.1f}")
with torch.no_grad():
    acc = (net(Xte).argmax(1) == Yte).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
