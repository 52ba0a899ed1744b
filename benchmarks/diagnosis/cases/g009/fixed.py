import os
import random
from collections import Counter
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)

COMMON = ["the", "of", "and", "to", "in", "a", "is", "that"]
TOPICS = [[f"{name}{i}" for i in range(30)] for name in ("sport", "market", "film", "science")]
MIN_FREQ = 5
MAX_LEN = 24


def headline(topic):
    out = []
    for _ in range(random.randint(10, MAX_LEN)):
        r = random.random()
        if r < 0.5:
            out.append(random.choice(COMMON))
        elif r < 0.75:
            out.append(random.choice(TOPICS[topic]))
        else:
            out.append(random.choice(random.choice(TOPICS)))
    return out


topics = [random.randrange(4) for _ in range(3000)]
docs = [headline(t) for t in topics]
counts = Counter(w for d in docs[:2400] for w in d)
vocab = {"<pad>": 0, "<unk>": 1}
for word, freq in counts.most_common():
    if freq >= MIN_FREQ:
        vocab[word] = len(vocab)


def numericalize(doc):
    ids = [vocab.get(w, 1) for w in doc][:MAX_LEN]
    return ids + [0] * (MAX_LEN - len(ids))


X = torch.tensor([numericalize(d) for d in docs])
y = torch.tensor(topics)
train_iter = DataLoader(TensorDataset(X[:2400], y[:2400]), batch_size=64, shuffle=True)


class TopicLSTM(nn.Module):
    def __init__(self, n_words):
        super().__init__()
        self.embedding = nn.Embedding(n_words, 32)
        self.lstm = nn.LSTM(32, 32, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(64, 4)

    def forward(self, x):
        out, _ = self.lstm(self.embedding(x))
        return self.fc(out.max(dim=1).values)


model = TopicLSTM(len(vocab))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(6):
    model.train()
    total = 0.0
    for xb, yb in train_iter:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"Epoch: {epoch + 1:02} | Train loss: {total / len(train_iter):.3f}")

model.eval()
with torch.no_grad():
    acc = (model(X[2400:]).argmax(1) == y[2400:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
