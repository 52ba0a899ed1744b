import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
V, L = 20, 12


def sequences(n):
    x = torch.randint(2, V, (n, L))
    where = torch.rand(n, L).argsort(1)[:, :2]
    x.scatter_(1, where[:, :1], 0)
    x.scatter_(1, where[:, 1:], 1)
    return x, (where[:, 0] < where[:, 1]).long()


class MiniEncoder(nn.Module):
    def __init__(self, d=32, heads=4, depth=2):
        super().__init__()
        self.d = d
        self.tokens = nn.Embedding(V, d)
        self.positions = nn.Embedding(L, d)
        layer = nn.TransformerEncoderLayer(d, heads, dim_feedforward=64, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d)
        self.cls = nn.Linear(d, 2)

    def forward(self, x):
        h = self.tokens(x) * math.sqrt(self.d)
        h = self.encoder(h)
        return self.cls(self.norm(h.mean(dim=1)))


def main():
    x_train, y_train = sequences(6000)
    x_test, y_test = sequences(1000)
    model = MiniEncoder()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(5):
        model.train()
        tot = n = 0
        for idx in torch.randperm(len(x_train)).split(64):
            loss = F.cross_entropy(model(x_train[idx]), y_train[idx])
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            tot += loss.item()
            n += 1
        model.eval()
        with torch.no_grad():
            acc = (model(x_test).argmax(1) == y_test).float().mean().item()
        print(f"epoch {epoch} train loss {tot / n:.4f} test acc {acc:.4f}")
    print(f"FINAL accuracy={acc:.4f}")


main()
