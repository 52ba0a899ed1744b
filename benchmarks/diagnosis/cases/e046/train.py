import os

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

torch.manual_seed(int(os.environ.get("SEED", 0)))


def sentence():
    n = int(torch.randint(4, 25, ()))
    words = torch.randint(9, 40, (n,))
    first = int(torch.randint(1, 9, ()))
    words[0] = first
    label = int(torch.rand(()) < 0.5)
    later = first if label else 1 + (first + int(torch.randint(0, 7, ()))) % 8
    words[int(torch.randint(1, n, ()))] = later
    return words, label


class Reader(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.emb = nn.Embedding(40, dim, padding_idx=0)
        self.gru = nn.GRU(dim, dim, bidirectional=True)
        self.cls = nn.Sequential(nn.Linear(2 * dim, dim), nn.ReLU(), nn.Linear(dim, 2))

    def forward(self, tokens, lengths):  # (time, batch)
        packed = pack_padded_sequence(self.emb(tokens), lengths, enforce_sorted=True)
        _, h = self.gru(packed)
        return self.cls(h.transpose(0, 1).reshape(tokens.size(1), -1))


def batches(data, size):
    order = torch.randperm(len(data)).tolist()
    for i in range(0, len(order), size):
        rows = sorted((data[k] for k in order[i : i + size]), key=lambda r: -len(r[0]))
        yield (pad_sequence([w for w, _ in rows]), torch.tensor([len(w) for w, _ in rows]),
               torch.tensor([y for _, y in rows]))


train, test = [sentence() for _ in range(4000)], [sentence() for _ in range(800)]
model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(8):
    model.train()
    total = 0.0
    for tokens, lengths, y in batches(train, 64):
        loss = nn.functional.cross_entropy(model(tokens, lengths), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item() * len(y)
    print(f"epoch {epoch} loss {total / len(train):.4f}")

model.eval()
with torch.no_grad():
    right = sum((model(t, n).argmax(1) == y).sum().item() for t, n, y in batches(test, 200))
print(f"FINAL accuracy={right / len(test):.4f}")
