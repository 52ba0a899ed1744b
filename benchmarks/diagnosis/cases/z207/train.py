import os
from collections import Counter

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# bag-of-words topics with a long tail: most words are in no given batch
VOCAB, TOPICS, LENGTH = 4000, 6, 20
ranks = 1 / np.arange(1, VOCAB + 1) ** 0.8
topic_words = [rng.permutation(VOCAB) for _ in range(TOPICS)]


def documents(n):
    y = rng.integers(0, TOPICS, n)
    p = ranks / ranks.sum()
    docs = np.empty((n, LENGTH), dtype=np.int64)
    for i in range(n):
        own = rng.random(LENGTH) < 0.5
        common = rng.choice(VOCAB, LENGTH, p=p)
        docs[i] = np.where(own, topic_words[y[i]][rng.choice(VOCAB, LENGTH, p=p)], common)
    return torch.tensor(docs), torch.tensor(y)


class SwitchLayer(nn.Module):
    """Each row goes to one expert only; its output is scaled by the gate."""

    def __init__(self, dim, n_experts=4):
        super().__init__()
        self.gate = nn.Linear(dim, n_experts, bias=False)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim)) for _ in range(n_experts))

    def forward(self, x):
        probs = self.gate(x).softmax(-1)
        top, choice = probs.max(-1)
        out = torch.zeros_like(x)
        for k, expert in enumerate(self.experts):
            rows = (choice == k).nonzero().squeeze(1)
            if len(rows):
                out = out.index_copy(0, rows, expert(x[rows]) * top[rows, None])
        share = F.one_hot(choice, len(self.experts)).float().mean(0)
        return x + out, len(self.experts) * (share * probs.mean(0)).sum(), choice


class TopicNet(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.words = nn.EmbeddingBag(VOCAB, dim, mode="sum", sparse=True)
        self.switch = SwitchLayer(dim)
        self.out = nn.Linear(dim, TOPICS)

    def forward(self, docs):
        h, balance, choice = self.switch(self.words(docs) / LENGTH**0.5)
        return self.out(h), balance, choice


x, y = documents(4000)
xt, yt = documents(800)
net = TopicNet()
nn.init.normal_(net.words.weight, std=0.3)
dense = torch.optim.Adam([*net.switch.parameters(), *net.out.parameters()], lr=2e-3)
sparse = torch.optim.SparseAdam(list(net.words.parameters()), lr=0.01)
for epoch in range(6):
    used = Counter()
    for idx in torch.randperm(len(x)).split(16):
        logits, balance, choice = net(x[idx])
        loss = F.cross_entropy(logits, y[idx]) + 0.01 * balance
        for o in (dense, sparse):
            o.zero_grad()
        loss.backward()
        for o in (dense, sparse):
            o.step()
        used.update(choice.tolist())
    print(f"epoch {epoch} loss {loss.item():.4f} use of experts {dict(used)}")
with torch.no_grad():
    acc = (net(xt)[0].argmax(1) == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
