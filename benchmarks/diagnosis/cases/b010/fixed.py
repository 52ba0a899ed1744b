import os
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from sklearn.datasets import load_digits


class DigitRows(Dataset):
    def __init__(self, train=True):
        X, y = load_digits(return_X_y=True)
        keep = slice(0, 1400) if train else slice(1400, None)
        self.X = torch.as_tensor(X[keep], dtype=torch.float32) / 16
        self.y = torch.as_tensor(y[keep])

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.X[i], self.y[i]


torch.manual_seed(int(os.environ.get("SEED", 0)))
train_loader = DataLoader(DigitRows(True), batch_size=64, shuffle=True)
test_set = DigitRows(False)

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
loss_fn = nn.CrossEntropyLoss()

num_iterations = 400
from itertools import chain, repeat
stream = chain.from_iterable(repeat(train_loader))
for it in range(num_iterations):
    x, y = next(stream)
    loss = loss_fn(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if it % 50 == 0:
        print(f"iteration {it} loss {loss.item():.5f}")

with torch.no_grad():
    acc = (model(test_set.X).argmax(1) == test_set.y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
