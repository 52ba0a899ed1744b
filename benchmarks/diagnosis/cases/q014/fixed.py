import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

NAMES = ["ann", "bob", "cid", "dora", "eve"]
VERBS = ["sees", "likes", "calls"]
THINGS = ["red cars", "old maps", "new songs", "big dogs"]
chars = sorted(set("".join(NAMES + VERBS + THINGS)) | {" ", "."})
stoi = {c: i for i, c in enumerate(chars)}


def sentence():
    # verb and thing are fixed by the name
    k = random.randrange(5)
    return f"{NAMES[k]} {VERBS[k % 3]} {THINGS[(k * 2 + 1) % 4]}. "


CONTEXT = 28
text = "".join(sentence() for _ in range(1200))
data = torch.tensor([stoi[c] for c in text])
split = int(0.85 * len(data))


def windows(ids, n):
    at = torch.randint(0, len(ids) - CONTEXT - 1, (n,))
    w = torch.stack([ids[a:a + CONTEXT + 1] for a in at])
    return w[:, :-1], w[:, 1:]


def subsequent_mask(size):
    return torch.triu(torch.ones(size, size), diagonal=1).bool()


class CharDecoder(nn.Module):
    def __init__(self, dim=48):
        super().__init__()
        self.tok = nn.Embedding(len(chars), dim)
        self.pos = nn.Embedding(CONTEXT, dim)
        layer = nn.TransformerEncoderLayer(dim, 4, 96, dropout=0.0, batch_first=True, norm_first=True)
        self.decoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.lm_head = nn.Linear(dim, len(chars))

    def forward(self, ids):
        t = ids.shape[1]
        h = self.tok(ids) + self.pos(torch.arange(t))
        h = self.decoder(h, mask=subsequent_mask(t))
        return self.lm_head(h)


def main():
    model = CharDecoder()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for step in range(1, 351):
        x, y = windows(data[:split], 32)
        loss = F.cross_entropy(model(x).reshape(-1, len(chars)), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            print(f"step {step} loss {loss.item():.4f}")

    # the next character after a prompt of sixteen, as it is when text is generated
    model.eval()
    x, y = windows(data[split:], 800)
    with torch.no_grad():
        logits = model(x[:, :16])[:, -1]
    print(f"FINAL nll={F.cross_entropy(logits, y[:, 15]).item():.4f}")


main()
