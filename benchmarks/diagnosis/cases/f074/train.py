import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

VOCAB, LENGTH = 60, 24


def make_reviews(n):
    """Neutral words everywhere, one opinion word somewhere, sometimes preceded by a negation."""
    words = rng.integers(10, VOCAB, size=(n, LENGTH))
    labels = np.zeros(n, dtype=np.int64)
    for i in range(n):
        pos = rng.integers(1, LENGTH)
        opinion = rng.integers(0, 4)
        words[i, pos] = 1 + opinion
        negated = rng.random() < 0.4
        if negated:
            words[i, pos - 1] = 9
        labels[i] = int((opinion < 2) != negated)
    return torch.from_numpy(words), torch.from_numpy(labels)


class AttentionPool(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Linear(dim, 1))

    def forward(self, states):
        weights = torch.softmax(self.score(states), dim=0)
        return (weights * states).sum(dim=1)


class ReviewNet(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, 24)
        self.gru = nn.GRU(24, dim, batch_first=True, bidirectional=True)
        self.pool = AttentionPool(2 * dim)
        self.out = nn.Linear(2 * dim, 2)

    def forward(self, tokens):
        states, _ = self.gru(self.embed(tokens))
        return self.out(self.pool(states))


train = DataLoader(TensorDataset(*make_reviews(3000)), batch_size=50, shuffle=True)
x_test, y_test = make_reviews(800)
net = ReviewNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)

for epoch in range(5):
    net.train()
    running = 0.0
    for tokens, labels in train:
        optimizer.zero_grad()
        loss = criterion(net(tokens), labels)
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f"epoch {epoch}: train loss {running / len(train):.4f}")

net.eval()
hits = 0
with torch.no_grad():
    for tokens, label in zip(x_test, y_test):  # reviews come in one at a time
        hits += int(net(tokens.unsqueeze(0)).argmax(1) == label)
print(f"FINAL accuracy={hits / len(y_test):.4f}")
