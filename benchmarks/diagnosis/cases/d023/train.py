import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

LETTERS = "abcdefghij"
TOPICS = [("ab", "c"), ("ba", "c"), ("cd", "e"), ("dc", "e"), ("ef", "g"), ("fe", "g"),
          ("gh", "i"), ("hg", "i"), ("ij", "a"), ("ji", "a"), ("ac", "d"), ("ca", "d")]


def line(topic):
    first, second = TOPICS[topic]
    noise = [random.choice(LETTERS) for _ in range(14)]
    spot = random.randint(0, 10)
    noise[spot:spot + 2] = first
    noise[12] = second
    return "".join(noise)


def encode(n):
    topics = [random.randrange(12) for _ in range(n)]
    ids = torch.tensor([[LETTERS.index(c) for c in line(t)] for t in topics])
    return ids, torch.tensor(topics)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 20)
        self.gru = nn.GRU(20, 64, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(128, 12)

    def forward(self, ids):
        out, _ = self.gru(self.embedding(ids))
        pooled = out.max(1).values
        return F.softmax(self.linear(pooled), dim=1)


train_x, train_y = encode(3000)
test_x, test_y = encode(800)
model = Classifier()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
for epoch in range(6):
    model.train()
    for rows in torch.randperm(3000).split(32):
        loss = F.cross_entropy(model(train_x[rows]), train_y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = (model(test_x).argmax(1) == test_y).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} test {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
