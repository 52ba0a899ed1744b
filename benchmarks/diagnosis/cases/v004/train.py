import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


def wells(n):
    """Yield of a reactor against temperature, pressure and two concentrations; scaled to unit spread."""
    x = rng.uniform(-1, 1, (n, 4))
    y = 1.4 * np.sin(2.5 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.8 * x[:, 3] ** 2 - 0.27
    return (torch.tensor(x, dtype=torch.float32),
            torch.tensor(y + rng.normal(0, 0.1, n), dtype=torch.float32).unsqueeze(1))


class BayesianMLP(nn.Module):
    def __init__(self, p=0.05):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(4, 128), nn.ReLU(), nn.Dropout(p),
            nn.Linear(128, 128), nn.ReLU(), nn.Dropout(p),
        )
        self.mu = nn.Linear(128, 1)
        self.log_var = nn.Linear(128, 1)

    def forward(self, x):
        h = self.body(x)
        return self.mu(h), self.log_var(h)


def gaussian_nll(mu, log_var, y):
    return 0.5 * (log_var + (y - mu) ** 2 / log_var.exp()).mean()


@torch.no_grad()
def predict(model, x, samples=40):
    """Mean and spread over Monte Carlo dropout samples."""
    model.train()
    mus = torch.stack([model(x)[0] for _ in range(samples)])
    return mus.mean(0), mus.std(0)


x, y = wells(2000)
x_test, y_test = wells(500)
model = BayesianMLP()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)
for epoch in range(40):
    total = 0.0
    for idx in torch.randperm(len(x)).split(50):
        optimizer.zero_grad()
        loss = gaussian_nll(*model(x[idx]), y[idx])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    scheduler.step()
    if epoch % 5 == 4:
        mean, spread = predict(model, x_test)
        rmse = (mean - y_test).pow(2).mean().sqrt().item()
        print(f"epoch {epoch + 1:2d} nll {total / len(x):.4f} test rmse {rmse:.4f} spread {spread.mean():.4f}")

mean, _ = predict(model, x_test, samples=100)
r2 = 1 - ((mean - y_test) ** 2).mean().item() / y_test.var(unbiased=False).item()
print(f"FINAL r2={r2:.4f}")
