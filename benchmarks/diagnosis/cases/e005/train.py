import os
import random

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

LEXICON = {"DET": ["da", "ko"], "NOUN": ["mip", "tral", "sud", "pel", "fa"], "VERB": ["gor", "fa", "lin", "sud"], "ADJ": ["pel", "wex", "lin"]}
TAGS = ["<pad>", "DET", "NOUN", "VERB", "ADJ"]
WORDS = ["<pad>"] + sorted({w for ws in LEXICON.values() for w in ws})


def sentence():
    def np_():
        return ["DET"] + ["ADJ"] * random.randint(0, 2) + ["NOUN"]
    tags = np_() + ["VERB"] + (np_() if random.random() < 0.7 else [])
    for _ in range(random.randint(0, 2)):
        tags += np_() + ["VERB"]
    words = [random.choice(LEXICON[t]) for t in tags]
    return torch.tensor([WORDS.index(w) for w in words]), torch.tensor([TAGS.index(t) for t in tags])


def pad(batch):
    xs, ys = zip(*batch)
    return pad_sequence(xs, batch_first=True), pad_sequence(ys, batch_first=True)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), 24, padding_idx=0)
        self.lstm = nn.LSTM(24, 32, bidirectional=True, batch_first=True)
        self.out = nn.Linear(64, len(TAGS))

    def forward(self, x):
        h, _ = self.lstm(self.embedding(x))
        return self.out(h)


train_dl = DataLoader([sentence() for _ in range(1600)], batch_size=8, shuffle=True, collate_fn=pad)
test_dl = DataLoader([sentence() for _ in range(300)], batch_size=60, collate_fn=pad)
model = Tagger()
loss_fn = nn.CrossEntropyLoss(ignore_index=0)
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
ACCUMULATE = 5

for epoch in range(4):
    model.train()
    opt.zero_grad()
    for i, (x, y) in enumerate(train_dl, start=1):
        loss = loss_fn(model(x).transpose(1, 2), y) / ACCUMULATE
        loss.backward()
        if i % ACCUMULATE == 0:
            opt.step()
            opt.zero_grad()
    print(f"epoch {epoch}: last micro-batch loss {loss.item() * ACCUMULATE:.4f}")

model.eval()
right = seen = 0
with torch.no_grad():
    for x, y in test_dl:
        keep = y != 0
        right += (model(x).argmax(-1) == y)[keep].sum().item()
        seen += keep.sum().item()
print(f"FINAL accuracy={right / seen:.4f}")
