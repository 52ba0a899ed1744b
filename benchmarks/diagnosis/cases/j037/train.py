import os
import random

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
random.seed(seed)

TAGSET = ["DET", "ADJ", "NOUN", "VERB", "ADV", "PREP", "CONJ", "PRON", "NUM", "PUNCT"]
T = {t: i for i, t in enumerate(TAGSET)}
wordrng = random.Random(4)
LEXICON = {t: [f"{t.lower()}{k}" for k in range(n)] for t, n in zip(TAGSET, (4, 20, 60, 40, 10, 6, 3, 5, 8, 1))}
AMBIGUOUS = [f"amb{k}" for k in range(30)]  # noun after a determiner or adjective, verb after a noun or pronoun


def word(tag):
    if tag in ("NOUN", "VERB") and random.random() < 0.4:
        return random.choice(AMBIGUOUS)
    return random.choice(LEXICON[tag])


def noun_phrase():
    if random.random() < 0.25:
        return ["PRON"]
    return [random.choice(["DET", "NUM"])] + ["ADJ"] * random.choice([0, 0, 1, 2]) + ["NOUN"]


def sentence():
    tags = noun_phrase() + ["VERB"] + (["ADV"] if random.random() < 0.3 else []) + noun_phrase()
    if random.random() < 0.4:
        tags += ["PREP"] + noun_phrase()
    if random.random() < 0.3:
        tags += ["CONJ"] + noun_phrase() + ["VERB"]
    tags += ["PUNCT"]
    return [word(t) for t in tags], tags


def build(n):
    return [sentence() for _ in range(n)]


train, test = build(1500), build(400)
words = ["<pad>"] + sorted({w for ws in LEXICON.values() for w in ws} | set(AMBIGUOUS))
index = {w: i for i, w in enumerate(words)}


def collate(batch):
    xs = pad_sequence([torch.tensor([index[w] for w in ws]) for ws, _ in batch], batch_first=True)
    ys = pad_sequence([torch.tensor([T[t] for t in ts]) for _, ts in batch], batch_first=True, padding_value=-100)
    return xs, ys


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(len(words), 24, padding_idx=0)
        self.gru = nn.GRU(24, 24, batch_first=True, bidirectional=True)
        self.tag = nn.Linear(48, len(TAGSET))
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x):
        h, _ = self.gru(self.emb(x))
        return self.softmax(self.tag(h))


model = Tagger()
loss_function = nn.NLLLoss(ignore_index=-100)
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
for epoch in range(6):
    total = 0.0
    for xs, ys in DataLoader(train, batch_size=25, shuffle=True, collate_fn=collate):
        model.zero_grad()
        loss = loss_function(model(xs).transpose(1, 2), ys)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1}, loss {total / 60:.4f}")

right = count = 0
with torch.no_grad():
    for xs, ys in DataLoader(test, batch_size=100, collate_fn=collate):
        said = model(xs).argmax(-1)
        right += (said == ys)[ys >= 0].sum().item()
        count += (ys >= 0).sum().item()
print(f"FINAL accuracy={right / count:.4f}")
