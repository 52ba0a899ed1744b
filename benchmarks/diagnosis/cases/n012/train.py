import os
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

# spring scales: elongation in millimetres (0 to 90) against the weight in kilograms
x = torch.rand(900, 1) * 90
y = 0.11 * x + 0.4 + 0.05 * torch.randn(900, 1)
x_train, y_train, x_test, y_test = x[:700], y[:700], x[700:], y[700:]

line = nn.Linear(1, 1)
optimizer = torch.optim.SGD(line.parameters(), lr=1e-4)
loss_fn = nn.MSELoss()

step = 0
while step < 9000:
    for pick in torch.randperm(700).split(50):
        loss = loss_fn(line(x_train[pick]), y_train[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 1500 == 0:
            print(f"step {step}: loss {loss.item():.5f}  slope {line.weight.item():.4f}  offset {line.bias.item():.4f}")
        step += 1

with torch.no_grad():
    r2 = 1 - ((line(x_test) - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
