import math
import os
import random

import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)
CHARS = "0123456789+=;"


def text(n):
    parts = []
    for _ in range(n):
        a, b = random.randint(0, 9), random.randint(0, 9)
        parts.append(f"{a}+{b}={a + b};")
    return torch.tensor([CHARS.index(c) for c in "".join(parts)])


class Chunks(Dataset):
    def __init__(self, ids, size=32):
        self.ids, self.size = ids, size

    def __len__(self):
        return (len(self.ids) - 1) // self.size

    def __getitem__(self, i):
        part = self.ids[i * self.size : (i + 1) * self.size + 1]
        return part[:-1], part[1:]


class CharGRU(nn.Module):
    def __init__(self, dim=96):
        super().__init__()
        self.embed = nn.Embedding(len(CHARS), dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.decode = nn.Linear(dim, len(CHARS))

    def forward(self, x):
        return self.decode(self.drop(self.rnn(self.embed(x))[0]))


accelerator = Accelerator(cpu=True, mixed_precision="bf16")
model = CharGRU()
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
loader = DataLoader(Chunks(text(6000)), batch_size=16, shuffle=True)
epochs = 6
total = epochs * len(loader)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min((s + 1) / 30, 0.5 * (1 + math.cos(math.pi * s / total))))
model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
for epoch in range(epochs):
    model.train()
    for x, y in loader:
        with accelerator.autocast():
            logits = model(x)
        loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), y.flatten())
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    accelerator.print(f"epoch {epoch} loss {loss.item():.4f}")

model = accelerator.unwrap_model(model).eval()
held = Chunks(text(1500))
with torch.no_grad():
    x, y = (torch.stack(p) for p in zip(*[held[i] for i in range(len(held))]))
    nll = nn.functional.cross_entropy(model(x).float().flatten(0, 1), y.flatten()).item()
print(f"FINAL nll={nll:.4f}")
