import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def arithmetic_text(n):
    """lines such as 23+8=31; written with single spaces"""
    a = torch.randint(0, 50, (n, 2), generator=torch.Generator().manual_seed(SEED + 1)).tolist()
    return "".join(f"{x}+{y}={x + y};" for x, y in a)


corpus = arithmetic_text(4000)
alphabet = sorted(set(corpus))
tokens = torch.tensor([alphabet.index(c) for c in corpus])
train, val = tokens[: int(0.9 * len(tokens))], tokens[int(0.9 * len(tokens)):]
CONTEXT = 24


def get_batch(data, batch_size=16):
    start = torch.randint(0, len(data) - CONTEXT - 1, (batch_size,))
    grid = start[:, None] + torch.arange(CONTEXT + 1)
    chunk = data[grid]
    return chunk[:, :-1], chunk[:, 1:]


class CausalConvLM(nn.Module):
    """a stack of dilated causal convolutions"""

    def __init__(self, vocab, width=48):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.convs = nn.ModuleList(nn.Conv1d(width, width, 3, dilation=d) for d in (1, 2, 4))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.head = nn.Linear(width, vocab)

    def forward(self, x):
        h = self.embed(x)
        for conv, norm in zip(self.convs, self.norms):
            z = F.pad(norm(h).transpose(1, 2), (2 * conv.dilation[0], 0))
            h = h + F.gelu(conv(z)).transpose(1, 2)
        return self.head(h)


model = CausalConvLM(len(alphabet))
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
for step in range(400):
    x, y = get_batch(train)
    loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 80 == 0:
        print(f"{step:4d} loss {loss.item():.4f} perplexity {math.exp(loss.item()):.2f}")

model.eval()
with torch.no_grad():
    total = [F.cross_entropy(model(c[None, :-1])[0], c[1:]).item() for c in val[:5000].split(CONTEXT + 1)[:150]]
print(f"FINAL nll={sum(total) / len(total):.4f}")
