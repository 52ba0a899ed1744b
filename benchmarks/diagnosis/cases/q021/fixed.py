import os
import random

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

# tags of each residue: 0 = coil, 1 = helix, 2 = sheet
TAGS = ["C", "H", "E"]
AMINO = "ACDEFGHIKLMNPQRSTVWY"
prefer = {"C": "GNPSDKTY", "H": "AELMQKRI", "E": "VIYFWTLC"}


def protein():
    seq, tag = [], []
    for _ in range(random.randint(3, 6)):
        t = random.choices(TAGS, [0.45, 0.3, 0.25])[0]
        for _ in range(random.randint(3, 8)):
            seq.append(AMINO.index(random.choice(prefer[t]) if random.random() < 0.75 else random.choice(AMINO)) + 1)
            tag.append(TAGS.index(t))
    return torch.tensor(seq), torch.tensor(tag)


def collate(rows):
    seqs, tags = zip(*rows)
    return pad_sequence(seqs, batch_first=True), pad_sequence(tags, batch_first=True, padding_value=-100), torch.tensor([len(s) for s in seqs])


class BiLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(len(AMINO) + 1, 24, padding_idx=0)
        self.lstm = nn.LSTM(24, 32, batch_first=True, bidirectional=True)
        self.out = nn.Linear(64, 3)

    def forward(self, x):
        return self.out(self.lstm(self.emb(x))[0])


def evaluate(model, loader):
    model.eval()
    right = total = 0
    with torch.no_grad():
        for x, y, n in loader:
            real = torch.arange(x.shape[1]) < n[:, None]
            right += ((model(x).argmax(2) == y) & real).sum().item()
            total += real.sum().item()
    return right / total


train_loader = DataLoader([protein() for _ in range(700)], batch_size=25, shuffle=True, collate_fn=collate)
test_loader = DataLoader([protein() for _ in range(200)], batch_size=50, collate_fn=collate)
model = BiLSTM()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
criterion = nn.CrossEntropyLoss(ignore_index=-100)
for epoch in range(7):
    model.train()
    total = 0.0
    for x, y, _ in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x).flatten(0, 1), y.flatten())
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1} loss {total / len(train_loader):.4f} accuracy {evaluate(model, test_loader):.4f}")

print(f"FINAL accuracy={evaluate(model, test_loader):.4f}")
