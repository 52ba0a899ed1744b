import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

# romanise numerals: 3-digit numbers (source) into a positional code of their digit names (target)
SOS, EOS = 0, 1
SYL = [[2 + (d * 7) % 11, 2 + (d * 5 + 3) % 11] for d in range(10)]


def rows(n):
    src = torch.randint(0, 10, (n, 4))
    tgt = torch.full((n, 10), EOS)
    tgt[:, 0] = SOS
    for i in range(n):
        out = []
        for k, d in enumerate(src[i].tolist()):
            out += SYL[d] if k % 2 == 0 else SYL[d][::-1]
        tgt[i, 1:9] = torch.tensor(out)
    return src, tgt


class Seq2Seq(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.src_emb, self.tgt_emb = nn.Embedding(10, 24), nn.Embedding(14, 24)
        self.encoder = nn.GRU(24, hidden, batch_first=True)
        self.decoder = nn.GRU(24, hidden, batch_first=True)
        self.attn = nn.Linear(hidden, hidden, bias=False)
        self.out = nn.Linear(2 * hidden, 14)

    def decode(self, tokens, memory, h):
        d, h = self.decoder(self.tgt_emb(tokens), h)
        w = torch.softmax(self.attn(d) @ memory.transpose(1, 2), -1)
        return self.out(torch.cat([d, w @ memory], -1)), h

    def forward(self, src, tokens):
        memory, h = self.encoder(self.src_emb(src))
        return self.decode(tokens, memory, h)[0]

    @torch.no_grad()
    def generate(self, src, length=9):
        memory, h = self.encoder(self.src_emb(src))
        token, made = torch.full((len(src), 1), SOS), []
        for _ in range(length):
            logits, h = self.decode(token, memory, h)
            token = logits.argmax(-1)
            made.append(token)
        return torch.cat(made, 1)


def train(model, steps):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(steps):
        src, tgt = rows(48)
        decoder_in, labels = tgt[:, 1:], tgt[:, 1:]
        logits = model(src, decoder_in)
        loss = F.cross_entropy(logits.reshape(-1, 14), labels.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 99:
            print(f"step {step + 1} loss {loss.item():.5f}")


model = Seq2Seq()
train(model, 450)
model.eval()
src, tgt = rows(600)
accuracy = (model.generate(src)[:, :8] == tgt[:, 1:9]).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
