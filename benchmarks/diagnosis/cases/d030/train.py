import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

n = 3000
years = torch.rand(n) * 30
degree = torch.randint(0, 4, (n,)).float()
city = torch.randint(0, 3, (n,))
salary = 28000 + 900 * years + 6500 * degree + torch.tensor([0.0, 5000.0, 12000.0])[city] * (1 + years / 30)
salary = salary + torch.randn(n) * 2500
rows = torch.cat([(years[:, None] - 15) / 8.7, (degree[:, None] - 1.5) / 1.1, nn.functional.one_hot(city, 3).float()], 1)


class SalaryModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(5, 48)
        self.l2 = nn.Linear(48, 48)
        self.l3 = nn.Linear(48, 1)
        self.act = nn.Tanh()

    def forward(self, x):
        x = self.act(self.l1(x))
        x = self.act(self.l2(x))
        return self.l3(x).squeeze(-1)


target = salary
x_train, y_train = rows[:2400], target[:2400]
x_val, y_val = rows[2400:], target[2400:]
model = SalaryModel()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
criterion = nn.L1Loss()
for epoch in range(20):
    for idx in torch.randperm(2400).split(60):
        optimizer.zero_grad()
        loss = criterion(model(x_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}, loss {loss.item():.3f}")

model.eval()
with torch.no_grad():
    residual = (model(x_val) - y_val).pow(2).sum()
    r2 = 1 - residual / (y_val - y_val.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
