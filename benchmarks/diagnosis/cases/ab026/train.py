import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class PatchViT(nn.Module):
    """Hand-written vision transformer for 8x8 digits, patches of 2x2."""

    def __init__(self, d=32, depth=2, heads=4):
        super().__init__()
        self.patch = nn.Conv2d(1, d, 2, 2)
        self.cls = nn.Parameter(torch.zeros(1, 1, d))
        self.pos = nn.Parameter(torch.randn(1, 17, d) * 0.02)
        self.layers = nn.ModuleList()
        for _ in range(depth):
            self.layers.append(nn.ModuleDict(dict(
                n1=nn.LayerNorm(d), attn=nn.MultiheadAttention(d, heads, batch_first=True),
                n2=nn.LayerNorm(d), ff=nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d)))))
        self.head = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 10))

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.pos
        for m in self.layers:
            h = m["n1"](x)
            x = x + m["attn"](h, h, h, need_weights=False)[0]
            x = x + m["ff"](m["n2"](x))
        return self.head(x[:, 0])


X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 8.0 - 1, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
perm = torch.randperm(len(y))
tr, te = perm[:1200], perm[1200:]
model = PatchViT()
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
max_norm = 0.05
for epoch in range(14):
    model.train()
    for idx in tr[torch.randperm(len(tr))].split(40):
        loss = F.cross_entropy(model(X[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        opt.step()
    if epoch % 3 == 1:
        print(f"epoch {epoch} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    acc = (model(X[te]).argmax(1) == y[te]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
