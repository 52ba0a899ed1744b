import math
import os
import random

import torch
import torch.nn as nn
from torch.nn import functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
random.seed(seed)

names = ["anna", "bob", "carol", "dave"]
verbs = {"anna": "sees", "bob": "likes", "carol": "paints", "dave": "feeds"}
things = {"sees": ["stars", "ships"], "likes": ["tea", "rain"], "paints": ["walls", "cats"], "feeds": ["birds", "fish"]}
sentences = []
for _ in range(2500):
    n = random.choice(names)
    v = verbs[n]
    sentences.append(f"{n} {v} {random.choice(things[v])}.")
text = " ".join(sentences)
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])
n = int(0.9 * len(data))
train_data, val_data = data[:n], data[n:]

block_size = 28
batch_size = 16
d_model = 64
lr = 3e-2
max_iters = 280


def get_batch(split):
    d = train_data if split == "train" else val_data
    ix = torch.randint(len(d) - block_size - 1, (batch_size,))
    x = torch.stack([d[i:i + block_size] for i in ix])
    y = torch.stack([d[i + 1:i + block_size + 1] for i in ix])
    return x, y


class CharTransformer(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.tok = nn.Embedding(vocab, d_model)
        self.pos = nn.Embedding(block_size, d_model)
        layer = nn.TransformerEncoderLayer(d_model, 4, 128, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        self.fc = nn.Linear(d_model, vocab)

    def forward(self, idx):
        T = idx.size(1)
        mask = torch.triu(torch.full((T, T), float("-inf")), diagonal=1)
        h = self.tok(idx) * math.sqrt(d_model) + self.pos(torch.arange(T))
        return self.fc(self.encoder(h, mask=mask))


model = CharTransformer(len(chars))
optimizer = torch.optim.Adam(model.parameters(), lr=lr)


@torch.no_grad()
def estimate_loss():
    model.eval()
    out = 0.0
    for _ in range(20):
        x, y = get_batch("val")
        out += F.cross_entropy(model(x).flatten(0, 1), y.flatten()).item()
    model.train()
    return out / 20


for it in range(max_iters):
    xb, yb = get_batch("train")
    logits = model(xb)
    loss = F.cross_entropy(logits.view(-1, logits.size(-1)), yb.view(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if it % 100 == 0:
        print(f"step {it}: train loss {loss.item():.4f}, val loss {estimate_loss():.4f}")

x = val_data[:8][None]
model.eval()
with torch.no_grad():
    for _ in range(40):
        nxt = model(x[:, -block_size:])[:, -1].argmax(-1, keepdim=True)
        x = torch.cat([x, nxt], 1)
print("sample:", "".join(chars[i] for i in x[0].tolist()))
print(f"FINAL nll={estimate_loss():.4f}")
