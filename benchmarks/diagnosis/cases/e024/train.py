import os
import torch
from torch import nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
x = torch.tensor(load_digits().data / 16, dtype=torch.float32)
x = x[torch.randperm(len(x))]
train, test = x[:1400], x[1400:]


class Quantizer(nn.Module):
    def __init__(self, codes=64, dim=8, decay=0.95):
        super().__init__()
        self.decay = decay
        self.register_buffer("book", torch.randn(codes, dim) * 0.5)
        self.register_buffer("count", torch.ones(codes))
        self.register_buffer("total", self.book.clone())

    def forward(self, z):
        idx = torch.cdist(z, self.book).argmin(1)
        q = self.book[idx]
        if self.training:
            with torch.no_grad():
                onehot = F.one_hot(idx, len(self.book)).float()
                self.count.mul_(self.decay).add_(onehot.sum(0), alpha=1 - self.decay)
                self.total.mul_(self.decay).add_(onehot.T @ z, alpha=1 - self.decay)
                self.book.copy_(self.total / self.count.clamp(min=1e-2)[:, None])
        commit = F.mse_loss(z, q)
        return z + (q - z).detach(), commit


class VQAE(nn.Module):
    def __init__(self, parts=6, dim=8):
        super().__init__()
        self.parts, self.dim = parts, dim
        self.enc = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, parts * dim))
        self.vq = Quantizer(dim=dim)
        self.dec = nn.Sequential(nn.Linear(parts * dim, 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, x):
        z = self.enc(x).view(-1, self.dim)
        q, commit = self.vq(z)
        return self.dec(q.view(len(x), -1)), commit


model = VQAE()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(25):
    model.train()
    for rows in torch.randperm(1400).split(70):
        out, commit = model(train[rows])
        recon = F.mse_loss(out, train[rows])
        loss = recon + 0.1 * commit
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} reconstruction {recon.item():.4f} commitment {commit.item():.4f}")

model.eval()
with torch.no_grad():
    out, _ = model(test)
    r2 = 1 - F.mse_loss(out, test) / F.mse_loss(train.mean(0).expand_as(test), test)
print(f"FINAL r2={r2.item():.4f}")
