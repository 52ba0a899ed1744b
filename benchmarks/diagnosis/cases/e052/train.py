import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
TOPICS, PER_TOPIC, DIM, NEG = 12, 15, 24, 5
V = TOPICS * PER_TOPIC


def text(n_sentences, length=12):
    topic = torch.randint(0, TOPICS, (n_sentences, 1))
    words = topic * PER_TOPIC + torch.randint(0, PER_TOPIC, (n_sentences, length))
    noise = torch.rand(n_sentences, length) < 0.3
    return torch.where(noise, torch.randint(0, V, (n_sentences, length)), words)


def skipgrams(sentences, window=2):
    pairs = []
    for d in range(1, window + 1):
        a, b = sentences[:, :-d].flatten(), sentences[:, d:].flatten()
        pairs += [torch.stack([a, b], 1), torch.stack([b, a], 1)]
    return torch.cat(pairs)


class SGNS(nn.Module):
    def __init__(self):
        super().__init__()
        self.word = nn.Embedding(V, DIM)
        self.context = nn.Embedding(V, DIM)
        nn.init.uniform_(self.word.weight, -0.5 / DIM, 0.5 / DIM)
        nn.init.zeros_(self.context.weight)

    def forward(self, centre, positive, negative):
        w = self.word(centre)
        pos = (w * self.context(positive)).sum(-1)
        neg = torch.bmm(self.context(negative), w.unsqueeze(-1)).squeeze(-1)
        return -(F.logsigmoid(pos) + F.logsigmoid(-neg).sum(-1)).mean()


pairs = skipgrams(text(2500))
model = SGNS()
opt = torch.optim.SGD(model.parameters(), lr=1.0)
for epoch in range(8):
    total = 0.0
    for rows in torch.randperm(len(pairs)).split(64):
        centre, positive = pairs[rows].T
        loss = model(centre, positive, torch.randint(0, V, (len(rows), NEG)))
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(rows)
    print(f"epoch {epoch} loss {total / len(pairs):.4f}")

with torch.no_grad():
    w = F.normalize(model.word.weight, dim=1)
    near = (w @ w.T).fill_diagonal_(-2).topk(3, dim=1).indices
    topic = torch.arange(V) // PER_TOPIC
    purity = (topic[near] == topic[:, None]).float().mean().item()
print(f"FINAL purity={purity:.4f}")
