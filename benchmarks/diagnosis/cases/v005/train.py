import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

P, LENGTH = 16, 12


def sequences(n, keys):
    """Tokens and the class: which of the key tokens is the most frequent."""
    y = torch.randint(0, len(keys), (n,))
    x = torch.randint(0, P, (n, LENGTH))
    hot = torch.tensor(keys)[y]
    plant = torch.rand(n, LENGTH) < 0.3
    return torch.where(plant, hot[:, None], x), y


class Attention(nn.Module):
    def __init__(self, dim, heads=4):
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(dim, dim)
        self.k_proj = nn.Linear(dim, dim)
        self.v_proj = nn.Linear(dim, dim)
        self.o_proj = nn.Linear(dim, dim)

    def forward(self, x):
        b, t, d = x.shape
        split = lambda z: z.view(b, t, self.heads, d // self.heads).transpose(1, 2)
        a = F.scaled_dot_product_attention(split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x)))
        return self.o_proj(a.transpose(1, 2).reshape(b, t, d))


class Layer(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.attn = Attention(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        self.n1, self.n2 = nn.LayerNorm(dim), nn.LayerNorm(dim)

    def forward(self, x):
        x = x + self.attn(self.n1(x))
        return x + self.mlp(self.n2(x))


class Encoder(nn.Module):
    def __init__(self, dim=48, n_classes=4):
        super().__init__()
        self.tok = nn.Embedding(P, dim)
        self.pos = nn.Parameter(0.02 * torch.randn(LENGTH, dim))
        self.layers = nn.ModuleList([Layer(dim) for _ in range(2)])
        self.head = nn.Linear(dim, n_classes)

    def forward(self, x):
        h = self.tok(x) + self.pos
        for layer in self.layers:
            h = layer(h)
        return self.head(h.mean(1))


class LoRALinear(nn.Module):
    def __init__(self, base: nn.Linear, r=4, alpha=16):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_A = nn.Parameter(torch.empty(r, base.in_features))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.scaling = alpha / r

    def forward(self, x):
        return self.base(x) + (x @ self.lora_A.t() @ self.lora_B.t()) * self.scaling


def run(model, keys, steps, lr, tag):
    params = [p for p in model.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(params, lr=lr)
    for s in range(steps):
        x, y = sequences(64, keys)
        loss = F.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if s % 50 == 0:
            print(f"{tag} step {s} loss {loss.item():.4f} ({sum(p.numel() for p in params)} trainable)")


model = Encoder()
run(model, [0, 1, 2, 3], 250, 2e-3, "base")

model.requires_grad_(False)
for layer in model.layers:
    layer.attn.q_proj = LoRALinear(layer.attn.q_proj)
    layer.attn.v_proj = LoRALinear(layer.attn.v_proj)
model.head = nn.Linear(48, 4)
nn.init.zeros_(model.head.weight)
nn.init.zeros_(model.head.bias)
run(model, [4, 7, 9, 12], 300, 5e-3, "lora")

model.eval()
with torch.no_grad():
    x, y = sequences(1500, [4, 7, 9, 12])
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
