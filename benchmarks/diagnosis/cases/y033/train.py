import os
import random

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

PAD, SOS, EOS = 10, 11, 12


def make_batch(n):
    rows = [[random.randint(0, 9) for _ in range(random.randint(3, 7))] for _ in range(n)]
    src = pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=PAD)
    tgt = pad_sequence([torch.tensor([SOS] + sorted(r) + [EOS]) for r in rows], batch_first=True, padding_value=PAD)
    return src, torch.tensor([len(r) for r in rows]), tgt


class Seq2Seq(nn.Module):
    def __init__(self, hid=64):
        super().__init__()
        self.embed = nn.Embedding(13, 32, padding_idx=PAD)
        self.encoder = nn.GRU(32, hid, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * hid, hid)
        self.decoder = nn.GRU(32, hid, batch_first=True)
        self.key = nn.Linear(2 * hid, hid)
        self.out = nn.Linear(3 * hid, 13)

    def encode(self, src, lens):
        packed = pack_padded_sequence(self.embed(src), lens, batch_first=True, enforce_sorted=False)
        enc, h = self.encoder(packed)
        enc, _ = pad_packed_sequence(enc, batch_first=True)
        h = torch.tanh(self.bridge(torch.cat([h[0], h[1]], -1))).unsqueeze(0)
        return enc, h

    def decode(self, tokens, h, enc, mask):
        d, h = self.decoder(self.embed(tokens), h)
        score = d @ self.key(enc).transpose(1, 2) / d.shape[-1] ** 0.5
        attn = score.masked_fill(mask[:, None], float("-inf")).softmax(-1)
        return self.out(torch.cat([d, attn @ enc], -1)), h

    def forward(self, src, lens, tgt_in):
        enc, h = self.encode(src, lens)
        logits, _ = self.decode(tgt_in, h, enc, src == PAD)
        return logits

    @torch.no_grad()
    def greedy(self, src, lens, steps=8):
        enc, h = self.encode(src, lens)
        tok = torch.full((len(src), 1), SOS)
        out = []
        for _ in range(steps):
            logits, h = self.decode(tok, h, enc, src == PAD)
            tok = logits.argmax(-1)
            out.append(tok)
        return torch.cat(out, 1)


model = Seq2Seq()
criterion = nn.CrossEntropyLoss(ignore_index=PAD)
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
ITERS = 450
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, ITERS, eta_min=2e-4)
for it in range(1, ITERS + 1):
    src, lens, tgt = make_batch(64)
    logits = model(src, lens, tgt[:, :-1])
    loss = criterion(logits.flatten(0, 1), tgt[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    if it % 90 == 0:
        print(f"{it} loss {loss.item():.4f}")

model.eval()
src, lens, tgt = make_batch(500)
got = model.greedy(src, lens)
right = 0
for g, t, n in zip(got, tgt, lens):
    right += bool((g[: n + 1] == t[1 : n + 2]).all())
print(f"FINAL accuracy={right / 500:.4f}")
