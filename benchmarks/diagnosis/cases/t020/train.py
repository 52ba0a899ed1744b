import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def patients(n):
    x = rng.normal(size=(n, 8))
    pain = 1.2 * x[:, 0] - 0.8 * x[:, 1] + 0.7 * np.abs(x[:, 2]) + 0.6 * x[:, 3] * (x[:, 4] > 0) + rng.normal(0, 0.3, n)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(np.digitize(pain, [-1.0, 0.0, 1.0, 2.0]))


def thermometer(grade):
    # grade 3 becomes 1 1 1 0
    return (grade.unsqueeze(1) > torch.arange(4)).float()


class PainNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(8, 48)
        self.hidden2 = nn.Linear(48, 24)
        self.steps = nn.Linear(24, 4)

    def forward(self, x):
        x = torch.relu(self.hidden1(x))
        x = torch.relu(self.hidden2(x))
        return torch.sigmoid(self.steps(x))


x, grade = patients(3000)
x_test, grade_test = patients(1000)
loader = DataLoader(TensorDataset(x, thermometer(grade)), batch_size=50, shuffle=True)
model = PainNet()
loss_fn = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(14):
    running = 0.0
    for xb, code in loader:
        loss = loss_fn(model(xb), code)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    if epoch % 4 == 0:
        print(f"epoch {epoch}: {running / len(loader):.4f}")

with torch.no_grad():
    guess = (model(x_test) > 0.5).sum(1)
print(f"mean absolute error {(guess - grade_test).abs().float().mean():.3f}")
print(f"FINAL accuracy={(guess == grade_test).float().mean().item():.4f}")
