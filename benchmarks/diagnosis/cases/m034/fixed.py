import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

bunch = load_digits()
order = rng.permutation(len(bunch.target))
x = torch.tensor(bunch.data[order] / 8 - 1, dtype=torch.float32)
y = torch.tensor(bunch.target[order])

# part of the training labels come from a hasty annotator
noisy = y[:600].clone()
hasty = torch.rand(600) < 0.4
noisy[hasty] = torch.randint(0, 10, (int(hasty.sum()),))
x_train, y_train = x[:600], noisy
x_val, y_val = x[600:1000], y[600:1000]
x_test, y_test = x[1000:], y[1000:]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 256)
        self.fc2 = nn.Linear(256, 256)
        self.fc3 = nn.Linear(256, 10)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
best_acc, best_state = 0.0, None

for epoch in range(80):
    model.train()
    for idx in torch.randperm(600).split(30):
        loss = F.cross_entropy(model(x_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    val_acc = accuracy(model, x_val, y_val)
    if val_acc > best_acc:
        best_acc, best_state = val_acc, {k: v.clone() for k, v in model.state_dict().items()}
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: loss {loss.item():.4f} val {val_acc:.4f} best so far {best_acc:.4f}")

model.load_state_dict(best_state)
print(f"FINAL accuracy={accuracy(model, x_test, y_test):.4f}")
