import copy
import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

# does a walk of U, D, L, R steps end west of its start, on the same meridian or east of it?
def walk():
    path = [random.randrange(4) for _ in range(random.randint(6, 14))]
    x = sum((p == 0) - (p == 1) for p in path)
    return path + [4] * (14 - len(path)), (x > 0) - (x < 0) + 1


def table(n):
    rows = [walk() for _ in range(n)]
    return torch.tensor([r[0] for r in rows]), torch.tensor([r[1] for r in rows])


class Walker(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(5, 8, padding_idx=4)
        self.gru = nn.GRU(8, 48, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(48, 3)

    def forward(self, x):
        _, h = self.gru(self.emb(x))
        return self.out(self.drop(h[-1]))


train_x, train_y = table(3000)
val, test = table(500), table(800)
model = Walker()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)


def check(data):
    model.eval()
    with torch.no_grad():
        out = model(data[0])
    model.train()
    return F.cross_entropy(out, data[1]).item(), (out.argmax(1) == data[1]).float().mean().item()


best, best_weights, stale, step = float("inf"), None, 0, 0
model.train()
while step < 1200 and stale < 12:
    pick = torch.randint(0, len(train_x), (64,))
    loss = F.cross_entropy(model(train_x[pick]), train_y[pick])
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    step += 1
    if step % 25 == 0:
        v, acc = check(val)
        if v < best:
            best, best_weights, stale = v, copy.deepcopy(model.state_dict()), 0
        else:
            stale += 1
        if step % 150 == 0:
            print(f"step {step} train {loss.item():.4f} val {v:.4f} accuracy {acc:.4f} best {best:.4f}")

model.load_state_dict(best_weights)
print(f"stopped after {step} steps")
print(f"FINAL accuracy={check(test)[1]:.4f}")
