import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
VOCAB, LEN = 16, 14


def batch(n):
    """Each token is answered by the token that follows its previous occurrence (0 if it is new)."""
    x = torch.randint(1, VOCAB, (n, LEN))
    y = torch.zeros_like(x)
    for i in range(1, LEN):
        for j in range(i - 1):
            same = x[:, j] == x[:, i]
            y[same, i] = x[same, j + 1]
    return x, y


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_head):
        super().__init__()
        self.n_head, self.d_k = n_head, d_model // n_head
        self.w_q = nn.Linear(d_model, d_model)
        self.w_k = nn.Linear(d_model, d_model)
        self.w_v = nn.Linear(d_model, d_model)
        self.w_o = nn.Linear(d_model, d_model)

    def split(self, t):
        b, n, _ = t.shape
        return t.view(b, n, self.n_head, self.d_k).transpose(1, 2)

    def forward(self, x, mask):
        b, n, d = x.shape
        q, k, v = self.split(self.w_q(x)), self.split(self.w_k(x)), self.split(self.w_v(x))
        att = q @ k.transpose(-2, -1) / self.d_k ** 0.5
        att = att.masked_fill(mask, float("-inf")).softmax(-1)
        values = att @ v
        values = values.transpose(1, 2).reshape(b, n, d)
        return self.w_o(values)


class Layer(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.attention = MultiHeadAttention(d, 4)
        self.ln1, self.ln2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.ff = nn.Sequential(nn.Linear(d, 2 * d), nn.ReLU(), nn.Linear(2 * d, d))

    def forward(self, x, mask):
        x = x + self.attention(self.ln1(x), mask)
        return x + self.ff(self.ln2(x))


class Recall(nn.Module):
    def __init__(self, d=64):
        super().__init__()
        self.token = nn.Embedding(VOCAB, d)
        self.before = nn.Embedding(VOCAB, d)
        self.position = nn.Embedding(LEN, d)
        self.layers = nn.ModuleList([Layer(d), Layer(d)])
        self.out = nn.Linear(d, VOCAB)
        self.register_buffer("mask", torch.ones(LEN, LEN).triu(1).bool())

    def forward(self, x):
        shifted = F.pad(x[:, :-1], (1, 0))
        h = self.token(x) + self.before(shifted) + self.position.weight
        for layer in self.layers:
            h = layer(h, self.mask)
        return self.out(h)


model = Recall()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(400):
    x, y = batch(48)
    loss = F.cross_entropy(model(x).transpose(1, 2), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if (step + 1) % 80 == 0:
        print(f"step {step + 1} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    x, y = batch(600)
    hit = (model(x).argmax(-1) == y)[y > 0].float().mean().item()
print(f"FINAL accuracy={hit:.4f}")
