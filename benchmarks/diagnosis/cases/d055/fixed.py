import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

lexicon = {"DET": ["the", "a", "this"], "ADJ": ["old", "red", "quiet", "small"], "NOUN": ["dog", "ship", "river", "child"],
           "VERB": ["sees", "likes", "meets"], "ADV": ["often", "never"]}
tags = list(lexicon)
vocab = {w: i for i, w in enumerate(w for ws in lexicon.values() for w in ws)}


def stream(n):
    words, labels = [], []
    while len(words) < n:
        pattern = ["DET"] + ["ADJ"] * random.choice([0, 0, 1, 2]) + ["NOUN"] + ["ADV"] * random.choice([0, 1]) + ["VERB"]
        pattern += ["DET"] + ["ADJ"] * random.choice([0, 1]) + ["NOUN"]
        words += [random.choice(lexicon[t]) for t in pattern]
        labels += pattern
    return torch.tensor([vocab[w] for w in words]), torch.tensor([tags.index(t) for t in labels])


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(vocab), 16)
        self.conv = nn.Conv1d(16, 32, 1)
        self.out = nn.Conv1d(32, len(tags), 1)

    def forward(self, ids):
        x = self.embedding(ids).transpose(1, 2)
        return self.out(torch.relu(self.conv(x)))


SPAN = 20
words, labels = stream(9000)
starts = range(2, 8900, SPAN)
train_x = torch.stack([words[s:s + SPAN] for s in starts])
train_y = torch.stack([labels[s:s + SPAN] for s in starts])
test_words, test_labels = stream(2000)

tagger = Tagger()
optimizer = torch.optim.Adam(tagger.parameters(), lr=5e-3)
for epoch in range(10):
    for rows in torch.randperm(len(train_x)).split(24):
        loss = F.cross_entropy(tagger(train_x[rows]), train_y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    guess = tagger(test_words[None]).argmax(1)[0]
print(f"FINAL accuracy={(guess == test_labels).float().mean().item():.4f}")
