"""Topic of short notes from word counts: a linear softmax model that starts at zero."""
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(5)

WORDS, TOPICS = 1500, 6
background = rng.zipf(1.4, WORDS).clip(1, 500).astype(float)
topics = np.stack([background * np.exp(0.6 * rng.normal(size=WORDS)) for _ in range(TOPICS)])
topics /= topics.sum(1, keepdims=True)
label = rng.integers(0, TOPICS, 4000)
counts = np.stack([rng.multinomial(rng.integers(15, 60), topics[k]) for k in label])
df = (counts[:3000] > 0).sum(0) + 1
tfidf = counts * np.log(3000 / df).clip(0)
tfidf /= np.linalg.norm(tfidf, axis=1, keepdims=True) + 1e-9
X, y = torch.tensor(tfidf, dtype=torch.float32), torch.tensor(label)

model = nn.Linear(WORDS, TOPICS)
nn.init.zeros_(model.weight)
nn.init.zeros_(model.bias)
opt = torch.optim.SGD(model.parameters(), lr=4.0, weight_decay=1e-5)
for epoch in range(25):
    for idx in torch.randperm(3000).split(50):
        opt.zero_grad()
        loss = F.cross_entropy(model(X[idx]), y[idx])
        loss.backward()
        opt.step()
    if epoch % 4 == 0:
        with torch.no_grad():
            acc = (model(X[3000:]).argmax(1) == y[3000:]).float().mean().item()
        print(f"epoch {epoch:2d} loss {loss.item():.4f} held-out {acc:.4f}")

with torch.no_grad():
    acc = (model(X[3000:]).argmax(1) == y[3000:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
