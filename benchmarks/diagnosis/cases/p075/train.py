import os
import random
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class HP:
    base_lr: float = 4e-4       # for a batch of 256
    batch_size: int = 16
    warmup: int = 20
    epochs: int = 5
    seed: int = int(os.environ.get("SEED", 0))

    @property
    def lr(self):
        return self.base_lr * self.batch_size / 256


WORDS = "0123456789+-="


def sums(n):
    """Strings of digits with a two-character operator somewhere; which operator is it?"""
    rows, labels = [], []
    for _ in range(n):
        kind = random.randrange(4)
        text = [random.choice(WORDS[:10]) for _ in range(10)]
        mark = ["+=", "=+", "-=", "=-"][kind]
        k = random.randrange(8)
        text[k:k + 2] = list(mark)
        text += random.choices(WORDS[:10], k=2)
        rows.append([WORDS.index(c) for c in text])
        labels.append(kind)
    return torch.tensor(rows), torch.tensor(labels)


class Encoder(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.tok = nn.Embedding(len(WORDS), dim)
        self.pos = nn.Parameter(torch.zeros(12, dim))
        layer = nn.TransformerEncoderLayer(dim, 4, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.cls = nn.Linear(dim, 4)
        nn.init.normal_(self.tok.weight, std=0.3)
        nn.init.normal_(self.pos, std=0.3)

    def forward(self, ids):
        return self.cls(self.enc(self.tok(ids) + self.pos).mean(1))


class Trainer:
    def __init__(self, model, hp):
        self.model, self.hp = model, hp
        self.opt = torch.optim.AdamW(model.parameters(), lr=hp.lr, weight_decay=0.01)
        self.sched = torch.optim.lr_scheduler.LambdaLR(self.opt, lambda s: min(1.0, (s + 1) / hp.warmup))

    def epoch(self, x, y):
        losses = []
        for idx in torch.randperm(len(x)).split(self.hp.batch_size):
            loss = nn.functional.cross_entropy(self.model(x[idx]), y[idx])
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            self.sched.step()
            losses.append(loss.item())
        return sum(losses) / len(losses)


hp = HP()
random.seed(hp.seed)
torch.manual_seed(hp.seed)
x, y = sums(960)
xt, yt = sums(400)
trainer = Trainer(Encoder(), hp)
for e in range(hp.epochs):
    print(f"epoch {e}: loss {trainer.epoch(x, y):.4f} lr {trainer.opt.param_groups[0]['lr']:.2e}")
trainer.model.eval()
with torch.no_grad():
    acc = (trainer.model(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
