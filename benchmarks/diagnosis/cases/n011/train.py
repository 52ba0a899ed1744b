import os
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def rain(n):
    """Six weather numbers and the millimetres of rain; more than half of the days are dry."""
    x = torch.randn(n, 6)
    amount = 1.5 * x[:, 0] + x[:, 1] * x[:, 2] + 0.8 * x[:, 3].abs() - 0.9
    return x, torch.relu(amount + 0.15 * torch.randn(n)).unsqueeze(1)


class RainNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.h1 = nn.Linear(6, 64)
        self.h2 = nn.Linear(64, 32)
        self.out = nn.Linear(32, 1)
        nn.init.constant_(self.out.bias, 0.5)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.h1(x))
        x = self.relu(self.h2(x))
        return self.relu(self.out(x))


x_train, y_train = rain(4000)
x_test, y_test = rain(1000)
print(f"dry days: {(y_train == 0).float().mean().item():.2f}")
net = RainNet()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(30):
    total = 0.0
    for idx in torch.randperm(4000).split(50):
        loss = nn.functional.mse_loss(net(x_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: {total / 80:.4f}")

with torch.no_grad():
    r2 = 1 - ((net(x_test) - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
