import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1)
x = (x - x.mean()) / x.std()
y = torch.tensor(d.target)
perm = torch.randperm(len(y))
train = DataLoader(TensorDataset(x[perm[:1400]], y[perm[:1400]]), batch_size=56, shuffle=True)
x_test, y_test = x[perm[1400:]], y[perm[1400:]]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.b1 = nn.BatchNorm2d(16)
        self.c2 = nn.Conv2d(16, 24, 3, padding=1)
        self.b2 = nn.BatchNorm2d(24)
        self.head = nn.Linear(24 * 4, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.b1(self.c1(x)).relu(), 2)
        x = nn.functional.max_pool2d(self.b2(self.c2(x)).relu(), 2)
        return self.head(x.flatten(1))


model = Net()
epochs = 5
opt = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.02)
sched = torch.optim.lr_scheduler.PolynomialLR(opt, total_iters=epochs * len(train), power=1.0)
for epoch in range(epochs):
    model.train()
    for xb, yb in train:
        opt.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(xb)
            loss = nn.functional.cross_entropy(logits, yb)
        loss.backward()
        opt.step()
        sched.step()
    print(f"epoch {epoch} loss {loss.item():.4f} lr {sched.get_last_lr()[0]:.5f}")

model.eval()
with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
