"""Spiral classification; the job is cut in two, as on a queue with a time limit."""
import io
import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)


def arms(n):
    y = rng.randint(0, 4, n)
    r = np.sqrt(rng.rand(n)) * 0.9 + 0.1
    ang = 5 * r + y * np.pi / 2 + 0.12 * rng.randn(n)
    x = np.stack([r * np.cos(ang), r * np.sin(ang)], 1) / 0.5
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.up = nn.Linear(d, 2 * d)
        self.down = nn.Linear(2 * d, d)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, x):
        return x + self.down(torch.nn.functional.gelu(self.up(self.norm(x))))


class Net(nn.Module):
    def __init__(self, d=48, depth=3):
        super().__init__()
        self.stem = nn.Linear(2, d)
        self.blocks = nn.Sequential(*[Block(d) for _ in range(depth)])
        self.head = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 4))

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)))


def build():
    model = Net()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-3)
    restarts = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=1)
    return model, optimizer, restarts


x_train, y_train = arms(4000)
x_test, y_test = arms(1500)
criterion = nn.CrossEntropyLoss()


def run(model, optimizer, restarts, epochs):
    per_epoch = len(x_train) // 100
    for epoch in epochs:
        model.train()
        total = 0.0
        for k, idx in enumerate(torch.randperm(len(x_train)).split(100)):
            optimizer.zero_grad()
            loss = criterion(model(x_train[idx]), y_train[idx])
            loss.backward()
            optimizer.step()
            restarts.step(epoch + (k + 1) / per_epoch)
            total += loss.item()
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} loss {total / per_epoch:.4f}")


model, optimizer, restarts = build()
run(model, optimizer, restarts, range(0, 15))
file = io.BytesIO()
torch.save(
    {"model": model.state_dict(), "opt": optimizer.state_dict(), "sched": restarts.state_dict()}, file
)
file.seek(0)
model, optimizer, restarts = build()
state = torch.load(file)
model.load_state_dict(state["model"])
optimizer.load_state_dict(state["opt"])
restarts.load_state_dict(state["sched"])
run(model, optimizer, restarts, range(15, 30))

model.eval()
with torch.no_grad():
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
