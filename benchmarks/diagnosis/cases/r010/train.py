import os
import random

import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
random.seed(seed)

# a language of 2000 words with a Zipf-like head and simple agreement between neighbours
V, CLASSES = 2000, 20
rng = random.Random(3)
word_class = [rng.randrange(CLASSES) for _ in range(V)]
by_class = [[w for w in range(V) if word_class[w] == c] for c in range(CLASSES)]
follow = [rng.sample(range(CLASSES), 2) for _ in range(CLASSES)]


def text(n):
    out, c = [], 0
    for _ in range(n):
        c = follow[c][0] if random.random() < 0.8 else follow[c][1]
        members = by_class[c]
        out.append(members[min(int(random.expovariate(0.35)), len(members) - 1)])
    return out


train_ids, test_ids = text(30000), text(4000)
freq = torch.bincount(torch.tensor(train_ids), minlength=V)
rank = torch.empty(V, dtype=torch.long)
rank[freq.argsort(descending=True)] = torch.arange(V)      # adaptive softmax wants frequent words first
train_ids, test_ids = rank[torch.tensor(train_ids)], rank[torch.tensor(test_ids)]


class WordModel(nn.Module):
    def __init__(self, dim=48):
        super().__init__()
        self.emb = nn.Embedding(V, dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.out = nn.AdaptiveLogSoftmaxWithLoss(dim, V, cutoffs=[100, 500], div_value=2.0)

    def forward(self, x, y):
        h, _ = self.rnn(self.emb(x))
        return self.out(h.reshape(-1, h.shape[-1]), y.reshape(-1)).loss


model = WordModel()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
stream = train_ids[: 29999 // 600 * 600 + 1]
x = stream[:-1].view(-1, 20)
y = stream[1:].view(-1, 20)
for epoch in range(6):
    for idx in torch.randperm(len(x)).split(24):
        loss = model(x[idx], y[idx])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(f"epoch {epoch + 1} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    nll = model(test_ids[:3980].view(-1, 20), test_ids[1:3981].view(-1, 20)).item()
print(f"FINAL nll={nll:.4f}")
