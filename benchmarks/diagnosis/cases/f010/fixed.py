import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)

SUBJECTS = ["the miller", "a young fox", "her brother", "the old king", "nobody"]
VERBS = ["carried", "forgot", "sold", "painted", "followed"]
OBJECTS = ["the bread", "a silver key", "seven goats", "the narrow road", "his own shadow"]
text = " ".join(f"{random.choice(SUBJECTS)} {random.choice(VERBS)} {random.choice(OBJECTS)}." for _ in range(1500))
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])
split = int(0.9 * len(data))
train_data, val_data = data[:split], data[split:]
block_size, n_embd, vocab = 24, 48, len(chars)


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.key = nn.Linear(n_embd, n_embd, bias=False)
        self.query = nn.Linear(n_embd, n_embd, bias=False)
        self.value = nn.Linear(n_embd, n_embd, bias=False)
        self.register_buffer("tril", torch.tril(torch.ones(block_size, block_size)))

    def forward(self, x):
        T = x.shape[1]
        att = self.query(x) @ self.key(x).transpose(-2, -1) * n_embd ** -0.5
        att = att.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
        return F.softmax(att, dim=-1) @ self.value(x)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.sa = Head()
        self.ff = nn.Sequential(nn.Linear(n_embd, 4 * n_embd), nn.ReLU(), nn.Linear(4 * n_embd, n_embd))
        self.ln1, self.ln2 = nn.LayerNorm(n_embd), nn.LayerNorm(n_embd)

    def forward(self, x):
        x = x + self.sa(self.ln1(x))
        return x + self.ff(self.ln2(x))


class CharModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(vocab, n_embd)
        self.pos = nn.Embedding(block_size, n_embd)
        self.blocks = nn.Sequential(Block(), Block())
        self.lm_head = nn.Linear(n_embd, vocab)

    def forward(self, idx):
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        return self.lm_head(self.blocks(x))


def get_batch(source, n=32):
    ix = torch.randint(len(source) - block_size - 1, (n,))
    x = torch.stack([source[i:i + block_size] for i in ix])
    y = torch.stack([source[i + 1:i + block_size + 1] for i in ix])
    return x, y


model = CharModel()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
for it in range(350):
    xb, yb = get_batch(train_data)
    out = model(xb)
    loss = F.cross_entropy(out.view(-1, vocab), yb.view(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if it % 50 == 0:
        print(f"step {it}: train loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    x, y = get_batch(val_data, 300)
    acc = (model(x).argmax(-1) == y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
