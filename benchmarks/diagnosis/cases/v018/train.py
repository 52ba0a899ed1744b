import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

torch.manual_seed(int(os.environ.get("SEED", 0)))


class SimSiam(nn.Module):
    def __init__(self, d_in=64, d=128, d_pred=32):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(d_in, d), nn.BatchNorm1d(d), nn.ReLU(), nn.Linear(d, d),
                                     nn.BatchNorm1d(d, affine=False))
        self.predictor = nn.Sequential(nn.Linear(d, d_pred), nn.BatchNorm1d(d_pred), nn.ReLU(), nn.Linear(d_pred, d))

    def forward(self, a, b):
        za, zb = self.encoder(a), self.encoder(b)
        pa, pb = self.predictor(za), self.predictor(zb)
        return -0.5 * (F.cosine_similarity(pa, zb.detach()).mean() + F.cosine_similarity(pb, za.detach()).mean())


def augment(x):
    keep = (torch.rand_like(x) > 0.2).float()
    return x * keep + 0.15 * torch.randn_like(x)


data = load_digits()
perm = torch.randperm(len(data.data), generator=torch.Generator().manual_seed(3))
x = torch.tensor(data.data, dtype=torch.float32)[perm] / 16
y = data.target[perm.numpy()]
net = SimSiam()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)

for epoch in range(20):
    net.train()
    for idx in torch.randperm(1300).split(100):
        loss = net(augment(x[idx]), augment(x[idx]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    schedule.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} similarity loss {loss.item():.4f}")

net.eval()
with torch.no_grad():
    z = F.normalize(net.encoder(x), dim=1).numpy()
probe = LogisticRegression(max_iter=500, C=10).fit(z[:1300], y[:1300])
print(f"FINAL accuracy={probe.score(z[1300:], y[1300:]):.4f}")
