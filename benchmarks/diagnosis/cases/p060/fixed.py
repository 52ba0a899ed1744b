import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

LEXICON = {
    "DET": ["the", "a", "every"], "ADJ": ["old", "light", "back", "clean", "round"],
    "NOUN": ["light", "back", "round", "run", "dog", "saw"], "VERB": ["saw", "run", "clean", "light", "back"],
    "ADV": ["fast", "back", "round"], "END": ["."],
}
TAGS = list(LEXICON)
WORDS = ["<pad>"] + sorted({w for ws in LEXICON.values() for w in ws})


def sentence():
    def np_():
        return ["DET"] + ["ADJ"] * random.choice([0, 0, 1, 2]) + ["NOUN"]
    tags = np_() + ["VERB"] + (np_() if random.random() < 0.6 else []) + (["ADV"] if random.random() < 0.5 else [])
    tags.append("END")
    words = [random.choice(LEXICON[t]) for t in tags]
    return torch.tensor([WORDS.index(w) for w in words]), torch.tensor([TAGS.index(t) for t in tags])


def collate(batch):
    words, tags = zip(*batch)
    return pad_sequence(words, batch_first=True), pad_sequence(tags, batch_first=True, padding_value=-100)


class Tagger(nn.Module):
    def __init__(self, dim=24, hidden=32):
        super().__init__()
        self.embed = nn.Embedding(len(WORDS), dim, padding_idx=0)
        self.rnn = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True)
        self.emit = nn.Linear(2 * hidden, len(TAGS))

    def forward(self, words):
        return self.emit(self.rnn(self.embed(words))[0])

    def loss(self, words, tags):
        emissions = self(words)
        return F.nll_loss(F.log_softmax(emissions, -1).transpose(1, 2), tags, ignore_index=-100)


corpus = [sentence() for _ in range(700)]
train, dev = corpus[:560], corpus[560:]
tagger = Tagger()
opt = torch.optim.Adam(tagger.parameters(), lr=3e-3)
for epoch in range(6):
    random.shuffle(train)
    total = 0.0
    for k in range(0, len(train), 28):
        opt.zero_grad()
        loss = tagger.loss(*collate(train[k:k + 28]))
        loss.backward()
        nn.utils.clip_grad_norm_(tagger.parameters(), 5.0)
        opt.step()
        total += loss.item()
    print(f"epoch {epoch} loss {total / 20:.4f}")

with torch.no_grad():
    words, tags = collate(dev)
    keep = tags != -100
    acc = (tagger(words).argmax(-1) == tags)[keep].float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
