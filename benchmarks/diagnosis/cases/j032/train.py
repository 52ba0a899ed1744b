import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_digits(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=0.3, stratify=y, random_state=2)
X_tr, X_te = (torch.tensor(a / 8 - 1, dtype=torch.float32) for a in (X_tr, X_te))
y_tr, y_te = torch.tensor(y_tr), torch.tensor(y_te)


class LoRALinear(nn.Module):
    """A frozen linear layer and a trainable low-rank update."""

    def __init__(self, base, rank=4, alpha=8):
        super().__init__()
        self.base = base
        for p in self.base.parameters():
            p.requires_grad_(False)
        self.lora_A = nn.Parameter(torch.zeros(rank, base.in_features))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, rank))
        self.scaling = alpha / rank

    def forward(self, x):
        return self.base(x) + F.linear(F.linear(x, self.lora_A), self.lora_B) * self.scaling


def train(model, X, y, epochs, lr, tag):
    params = [p for p in model.parameters() if p.requires_grad]
    print(tag, "trainable parameters:", sum(p.numel() for p in params))
    opt = torch.optim.AdamW(params, lr=lr)
    for epoch in range(epochs):
        total = 0.0
        for idx in torch.randperm(len(X)).split(32):
            loss = F.cross_entropy(model(X[idx]), y[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(idx)
        if epoch % 5 == 4:
            print(f"{tag} epoch {epoch + 1} loss {total / len(X):.4f}")


def accuracy(model, X, y):
    with torch.no_grad():
        return (model(X).argmax(1) == y).float().mean().item()


# "pre-training" on upright digits
model = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 10))
train(model, X_tr, y_tr, 10, 1e-3, "base")
print("base accuracy", accuracy(model, X_te, y_te))

# the new camera is mounted sideways
turn = lambda X: X.view(-1, 8, 8).transpose(1, 2).flip(2).reshape(-1, 64)
for i in (0, 2, 4):
    model[i] = LoRALinear(model[i])
print("before tuning", accuracy(model, turn(X_te), y_te))
train(model, turn(X_tr), y_tr, 25, 3e-3, "lora")
print(f"FINAL accuracy={accuracy(model, turn(X_te), y_te):.4f}")
