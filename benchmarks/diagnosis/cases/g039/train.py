import copy
import os
import random
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)
VOCAB, LENGTH, KINDS = 150, 20, 3


def letters(n):
    x, y = torch.randint(0, VOCAB, (n, LENGTH)), torch.randint(0, KINDS, (n,))
    typical = torch.rand(n, LENGTH) < 0.17
    own = y[:, None] * 40 + torch.randint(0, 40, (n, LENGTH))
    return torch.where(typical, own, x), y


class LetterNet(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, dim)
        self.conv = nn.Conv1d(dim, 64, 3, padding=1)
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, KINDS)

    def forward(self, x):
        h = torch.relu(self.conv(self.embed(x).transpose(1, 2))).amax(2)
        return self.fc2(torch.relu(self.fc1(h)))


x_train, y_train = letters(200)
x_val, y_val = letters(200)
x_test, y_test = letters(1000)
model = LetterNet()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
lowest, kept = float("inf"), None
for epoch in range(80):
    model.train()
    running = 0.0
    for idx in torch.randperm(200).split(20):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
        running += loss.item() * len(idx)
    model.eval()
    with torch.no_grad():
        val_loss = F.cross_entropy(model(x_val), y_val).item()
    kept = copy.deepcopy(model.state_dict())
    if epoch % 10 == 0:
        print(f"epoch {epoch}: train {running / 200:.4f} validation {val_loss:.4f}")

model.load_state_dict(kept)
with torch.no_grad():
    nll = F.cross_entropy(model(x_test), y_test).item()
print(f"FINAL nll={nll:.4f}")
