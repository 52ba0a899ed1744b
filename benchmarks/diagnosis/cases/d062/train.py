import os

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

CHARS = "()[]{}"
LENGTH = 12


def brackets(n):
    """1 if every bracket is closed by its own kind in order, else 0."""
    rows, labels = [], []
    while len(rows) < n:
        stack, row = [], []
        for i in range(LENGTH):
            left = LENGTH - i
            if stack and (len(stack) == left or torch.rand(()).item() < 0.5):
                row.append(stack.pop() + 1)
            else:
                kind = 2 * torch.randint(0, 3, ()).item()
                stack.append(kind)
                row.append(kind)
        label = len(rows) % 2
        if label == 0:
            i = torch.randint(0, LENGTH, ()).item()
            row[i] = (row[i] + 1 + torch.randint(0, 5, ()).item()) % 6
        rows.append(row)
        labels.append(label)
    return torch.tensor(rows), torch.tensor(labels)


class Checker(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(6, 24)
        self.lstm = nn.LSTM(24, 64, batch_first=True)
        self.cls = nn.Linear(64, 2)

    def forward(self, ids):
        out, _ = self.lstm(self.emb(ids))
        return self.cls(out[:, -1])


train_x, train_y = brackets(4000)
test_x, test_y = brackets(1000)
model = Checker()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
warm = LinearLR(optimizer, start_factor=0.001, total_iters=60)
cool = CosineAnnealingLR(optimizer, T_max=640)
scheduler = SequentialLR(optimizer, [warm, cool], milestones=[60])
for epoch in range(10):
    for idx in torch.randperm(4000).split(64):
        loss = nn.functional.cross_entropy(model(train_x[idx]), train_y[idx])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.4f} lr {optimizer.param_groups[0]['lr']:.6f}")

with torch.no_grad():
    acc = (model(test_x).argmax(1) == test_y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
