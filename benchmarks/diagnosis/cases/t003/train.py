import os
import random

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

GOOD = "clean quiet friendly bright spacious lovely fresh".split()
BAD = "dirty noisy rude dark cramped broken stale".split()
THINGS = "room bed staff breakfast bathroom lobby pool view street lift".split()
LINKS = "the was and very really with our a in".split()


def review():
    label = random.randint(0, 1)
    words = []
    for _ in range(random.randint(2, 5)):
        like = label if random.random() < 0.85 else 1 - label
        adj = random.choice(GOOD if like else BAD)
        negate = random.random() < 0.25
        if negate:
            adj = random.choice(BAD if like else GOOD)
        words += [random.choice(LINKS), random.choice(THINGS), "was"] + (["not"] if negate else []) + [adj]
    return words, label


data = [review() for _ in range(2500)]
vocab = {w: i + 1 for i, w in enumerate(sorted({w for ws, _ in data for w in ws}))}
data = [(torch.tensor([vocab[w] for w in ws]), y) for ws, y in data]


def collate(rows):
    lengths = torch.tensor([len(r) for r, _ in rows])
    return pad_sequence([r for r, _ in rows], batch_first=True), lengths, torch.tensor([y for _, y in rows])


class ReviewNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(vocab) + 1, 24, padding_idx=0)
        self.gru = nn.GRU(24, 24, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.2)
        self.out = nn.Linear(48, 2)

    def forward(self, ids, lengths):
        packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True)
        mask = (ids != 0).unsqueeze(-1)
        return self.out(self.dropout((states * mask).sum(1) / lengths.unsqueeze(1)))


def test(model, loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for ids, lengths, y in loader:
            hits += (model(ids, lengths).argmax(1) == y).sum().item()
    return hits / len(loader.dataset)


train_loader = DataLoader(data[:2000], batch_size=40, shuffle=True, collate_fn=collate)
test_loader = DataLoader(data[2000:], batch_size=100, collate_fn=collate)
model = ReviewNet()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(5):
    model.train()
    for ids, lengths, y in train_loader:
        optimizer.zero_grad()
        loss = loss_fn(model(ids, lengths), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(f"epoch {epoch}: loss {loss.item():.3f} test {test(model, test_loader):.3f}")
print(f"FINAL accuracy={test(model, test_loader):.4f}")
