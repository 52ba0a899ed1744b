import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32) / 16
y = digits.target
order = torch.randperm(len(x))
x, y = x[order], y[order.numpy()]


def distort(img):
    n = len(img)
    img = torch.roll(img, tuple(torch.randint(-1, 2, (2,)).tolist()), (1, 2))
    img = img * (0.8 + 0.4 * torch.rand(n, 1, 1)) + 0.2 * torch.randn_like(img)
    img = img * (torch.rand(n, 8, 8) > 0.15)
    return img.flatten(1)


encoder = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 48))
expander = nn.Sequential(nn.Linear(48, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 96))


def off_diagonal(m):
    return m.pow(2).sum() - m.diagonal().pow(2).sum()


def vicreg(a, b):
    invariance = F.mse_loss(a, b)
    variance = sum(F.relu(1 - torch.sqrt(z.var(0) + 1e-4)).mean() for z in (a, b))
    covariance = 0.0
    for z in (a, b):
        z = z - z.mean(0)
        covariance = covariance + off_diagonal(z.T @ z / (len(z) - 1)) / z.shape[1]
    return 25 * invariance + 25 * variance + covariance


params = [*encoder.parameters(), *expander.parameters()]
opt = torch.optim.AdamW(params, lr=2e-3, weight_decay=1e-4)
for epoch in range(30):
    encoder.train()
    expander.train()
    for rows in torch.randperm(1200).split(120):
        loss = vicreg(expander(encoder(distort(x[rows]))), expander(encoder(distort(x[rows]))))
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} loss {loss.item():.3f}")

encoder.eval()
with torch.no_grad():
    z = StandardScaler().fit_transform(encoder(x.flatten(1)).numpy())
score = LogisticRegression(max_iter=300).fit(z[:1200], y[:1200]).score(z[1200:], y[1200:])
print(f"FINAL accuracy={score:.4f}")
