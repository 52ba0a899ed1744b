import os
import random

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)
MONTHS = "january february march april may june july august september october november december".split()
PAD, BOS = 0, 1


def example():
    d, m, y = random.randint(1, 28), random.randint(1, 12), random.randint(1950, 2029)
    style = random.randrange(4)
    text = [f"{d} {MONTHS[m - 1]} {y}", f"{MONTHS[m - 1][:3]} {d}, {y}", f"{d}/{m}/{y}", f"{MONTHS[m - 1]} the {d}, {y}"][style]
    return text, f"{y}-{m:02d}-{d:02d}"


source_chars = sorted(set("0123456789/, " + "".join(MONTHS) + "the"))
s2i = {c: i + 1 for i, c in enumerate(source_chars)}
target_chars = "0123456789-"
t2i = {c: i + 2 for i, c in enumerate(target_chars)}


def collate(rows):
    rows = sorted(rows, key=lambda r: -len(r[0]))
    src = [torch.tensor([s2i[c] for c in s]) for s, _ in rows]
    tgt = torch.tensor([[t2i[c] for c in t] for _, t in rows])
    return pad_sequence(src, batch_first=True), torch.tensor([len(s) for s in src]), tgt


class Seq2Seq(nn.Module):
    def __init__(self, hid=72, emb=24):
        super().__init__()
        self.src = nn.Embedding(len(s2i) + 1, emb, padding_idx=PAD)
        self.tgt = nn.Embedding(len(t2i) + 2, emb)
        self.enc = nn.GRU(emb, hid // 2, batch_first=True, bidirectional=True)
        self.cell = nn.GRUCell(emb + hid, hid)
        self.query = nn.Linear(hid, hid)
        self.out = nn.Linear(2 * hid, len(t2i) + 2)

    def forward(self, src, lengths, tgt=None, forcing=0.0, steps=10):
        packed = pack_padded_sequence(self.src(src), lengths, batch_first=True)
        memory, h = self.enc(packed)
        memory, _ = pad_packed_sequence(memory, batch_first=True)
        h = torch.cat([h[0], h[1]], 1)
        blank = src == PAD
        token, context, outs = torch.full((len(src),), BOS), torch.zeros_like(h), []
        for t in range(steps):
            h = self.cell(torch.cat([self.tgt(token), context], 1), h)
            score = (memory @ self.query(h).unsqueeze(2)).squeeze(2).masked_fill(blank, float("-inf"))
            context = (score.softmax(1).unsqueeze(1) @ memory).squeeze(1)
            logits = self.out(torch.cat([h, context], 1))
            outs.append(logits)
            token = tgt[:, t] if tgt is not None and random.random() < forcing else logits.argmax(1)
        return torch.stack(outs, 1)


train, test = [example() for _ in range(3000)], [example() for _ in range(500)]
model = Seq2Seq()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
criterion = nn.CrossEntropyLoss(ignore_index=PAD)
EPOCHS = 8
for epoch in range(EPOCHS):
    model.train()
    forcing = max(0.3, 1 - 0.1 * epoch)
    total = 0.0
    for src, lengths, tgt in DataLoader(train, batch_size=50, shuffle=True, collate_fn=collate):
        loss = criterion(model(src, lengths, tgt, forcing).flatten(0, 1), tgt.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} forcing {forcing:.1f} loss {total / 60:.4f}")

model.eval()
with torch.no_grad():
    exact = n = 0
    for src, lengths, tgt in DataLoader(test, batch_size=250, collate_fn=collate):
        exact += (model(src, lengths).argmax(-1) == tgt).all(1).sum().item()
        n += len(tgt)
print(f"FINAL exact={exact / n:.4f}")
