import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(42)

VOCAB, TOPICS, LENGTH, DIM = 900, 6, 24, 8
# every topic prefers its own words, scattered over the vocabulary
owner = rng.integers(0, TOPICS, VOCAB)


def corpus(n):
    y = rng.integers(0, TOPICS, n)
    common = rng.integers(0, VOCAB, (n, LENGTH))
    own = np.stack([rng.choice(np.flatnonzero(owner == t), LENGTH) for t in y])
    ids = np.where(rng.random((n, LENGTH)) < 0.22, own, common)
    return TensorDataset(torch.tensor(ids), torch.tensor(y))


def load_vectors():
    """No vector file for this vocabulary yet: start from small random ones."""
    return torch.randn(VOCAB, DIM) * 0.3


class TopicTagger(nn.Module):
    def __init__(self, vectors):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(vectors)
        self.hidden = nn.Linear(DIM, 64)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(64, TOPICS)

    def forward(self, ids):
        h = self.embedding(ids).mean(1)
        return self.out(self.drop(torch.relu(self.hidden(h))))


train, test = corpus(6000), corpus(1500)
model = TopicTagger(load_vectors())
optimizer = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=5e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(1, 11):
    model.train()
    total = 0.0
    for ids, y in DataLoader(train, batch_size=64, shuffle=True):
        loss = loss_fn(model(ids), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
    model.eval()
    with torch.no_grad():
        ids, y = test.tensors
        acc = (model(ids).argmax(1) == y).float().mean().item()
    print(f"epoch {epoch:2d} | train loss {total / len(train):.4f} | test acc {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
