import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

BUCKETS, TOPICS = 1024, 16
profile = np.random.default_rng(11).dirichlet(np.full(BUCKETS, 0.05), TOPICS)


def documents(n):
    """Hashed word counts of short documents on sixteen topics."""
    topic = rng.integers(0, TOPICS, n)
    mixed = 0.45 * profile[topic] + 0.55 / BUCKETS
    counts = np.stack([rng.multinomial(40, p) for p in mixed])
    return torch.tensor(np.sqrt(counts), dtype=torch.float32), torch.tensor(topic)


class Compressor(nn.Module):
    """Squeezes a document to a short code and reads topic and contents back from it."""

    def __init__(self, code=1):
        super().__init__()
        self.down = nn.Linear(BUCKETS, code)
        self.up = nn.Linear(code, 128)
        self.topic = nn.Linear(128, TOPICS)
        self.words = nn.Linear(128, BUCKETS)

    def forward(self, x):
        h = F.gelu(self.up(torch.tanh(self.down(x))))
        return self.topic(h), self.words(h)


x, t = documents(1200)
xv, tv = documents(300)
model = Compressor()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(10):
    for idx in torch.randperm(len(x)).split(40):
        logits, rebuilt = model(x[idx])
        loss = F.cross_entropy(logits, t[idx]) + 2.0 * F.mse_loss(rebuilt, x[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        acc = (model(xv)[0].argmax(1) == tv).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} accuracy {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
