import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

OLD, NEW, LENGTH = 60, 140, 10
mood = np.random.RandomState(42).randn(OLD + NEW)


def reviews(n, vocab, first=0):
    docs = rng.randint(first, vocab, (n, LENGTH))
    return torch.from_numpy(docs), torch.from_numpy((mood[docs].sum(1) + 0.5 * rng.randn(n) > 0).astype(np.int64))


class Sentiment(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.tokens = nn.Embedding(vocab, 16)
        self.conv = nn.Conv1d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32, 2)

    def forward(self, docs):
        h = self.tokens(docs).transpose(1, 2)
        h = torch.relu(self.conv(h)).mean(2)
        return self.fc(h)

    def resize_tokens(self, vocab):
        old = self.tokens.weight.data
        self.tokens = nn.Embedding(vocab, 16)
        self.tokens.weight.data.mul_(0.5)
        self.tokens.weight.data[:len(old)] = old


def fit(model, optimizer, docs, labels, epochs):
    for epoch in range(epochs):
        total = 0.0
        for idx in torch.randperm(len(docs)).split(32):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(docs[idx]), labels[idx])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(idx)
        print(f"epoch {epoch} loss {total / len(docs):.4f}")


model = Sentiment(OLD)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
fit(model, optimizer, *reviews(800, OLD), epochs=4)

model.resize_tokens(OLD + NEW)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
fit(model, optimizer, *reviews(2500, OLD + NEW), epochs=10)

docs, labels = reviews(1000, OLD + NEW)
with torch.no_grad():
    acc = (model(docs).argmax(1) == labels).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
