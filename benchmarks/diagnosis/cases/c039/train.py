import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
d = load_digits()
x, y = torch.tensor(d.data, dtype=torch.float32) / 16, torch.tensor(d.target)
p = torch.randperm(len(y))
x, y = x[p], y[p]
N = 1400

teacher = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10))
student = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10))


def accuracy(m):
    m.eval()
    with torch.no_grad():
        return (m(x[N:]).argmax(1) == y[N:]).float().mean().item()


opt = torch.optim.Adam(teacher.parameters(), lr=2e-3)
for epoch in range(8):
    teacher.train()
    for rows in torch.randperm(N).split(50):
        loss = F.cross_entropy(teacher(x[rows]), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
print("teacher", accuracy(teacher))

teacher.requires_grad_(False)
kl = nn.KLDivLoss(reduction="batchmean")
opt = torch.optim.Adam(student.parameters(), lr=5e-3)
temperature = 3.0
for epoch in range(12):
    student.train()
    for rows in torch.randperm(N).split(50):
        soft = F.softmax(teacher(x[rows]) / temperature, dim=1)
        z = student(x[rows])
        loss = 0.7 * temperature ** 2 * kl(F.log_softmax(z / temperature, dim=1), soft) + 0.3 * F.cross_entropy(z, y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")
print(f"FINAL accuracy={accuracy(student):.4f}")
