import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
d = load_digits()
x = torch.tensor(d.data, dtype=torch.float32)
x = (x - x.mean()) / x.std()
y = torch.tensor(d.target)
p = torch.randperm(len(x))
x, y = x[p], y[p]


class SparseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.code = nn.Linear(64, 256)
        self.readout = nn.Linear(256, 10)
        nn.init.constant_(self.code.bias, -0.3)

    def forward(self, x):
        z = F.relu(self.code(x))
        return self.readout(z), z


net = SparseNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(20):
    for i in range(0, 1400, 35):
        logits, z = net(x[i:i + 35])
        ce = F.cross_entropy(logits, y[i:i + 35])
        l1 = z.abs().mean()
        loss = ce + 1.0 * l1
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1} ce {ce.item():.4f} l1 {l1.item():.4f} active {(z > 0).float().mean().item():.2%}")

with torch.no_grad():
    acc = (net(x[1400:])[0].argmax(1) == y[1400:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
