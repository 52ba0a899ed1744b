import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

V, K = 200, 5
topic_words = np.random.default_rng(1).dirichlet(np.full(V, 0.1), K)


def texts(n):
    k = rng.integers(0, K, n)
    return np.stack([rng.choice(V, 12, p=0.6 * topic_words[t] + 0.4 / V) for t in k]), k


unlabelled, _ = texts(3000)
counts = np.zeros((V, V))
for row in unlabelled:
    np.add.at(counts, (row[:, None], row[None]), 1)
expected = np.outer(counts.sum(1), counts.sum(0)) / counts.sum() + 1e-9
u, s, _ = np.linalg.svd(np.maximum(np.log((counts + 0.1) / expected), 0))
vectors = torch.tensor(u[:, :24] * np.sqrt(s[:24]), dtype=torch.float32)

x, y = texts(1200)
xt, yt = texts(600)
x, y, xt, yt = [torch.tensor(a) for a in (x, y, xt, yt)]


class TextNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding.from_pretrained(vectors, freeze=True)
        self.mlp = nn.Sequential(nn.Linear(24, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, K))

    def forward(self, ids):
        return self.mlp(self.words(ids).mean(1))


net = TextNet()
opt = torch.optim.Adam(filter(lambda p: p.requires_grad, net.parameters()), lr=3e-3)
for epoch in range(15):
    net.train()
    for rows in torch.randperm(1200).split(40):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    print(f"FINAL accuracy={(net(xt).argmax(1) == yt).float().mean().item():.4f}")
