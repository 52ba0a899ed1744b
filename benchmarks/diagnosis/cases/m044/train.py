import os
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def read_table(n, columns):
    """One season of greenhouse records."""
    df = pd.DataFrame(rng.normal(size=(n, len(columns))), columns=sorted(columns))
    growth = (1.4 * df["light"] - 0.9 * df["salt"] + df["warmth"] * df["water"]
              + 0.7 * np.tanh(2 * df["co2"]) - 0.5 * df["wind"] + rng.normal(0, 0.3, n))
    df = df[columns]
    df["growth"] = growth
    return df


spring = read_table(2500, ["light", "water", "warmth", "co2", "salt", "wind"])
autumn = read_table(700, ["warmth", "light", "water", "salt", "co2", "wind"])


def to_tensors(df):
    values = df.values
    return torch.tensor(values[:, :-1], dtype=torch.float32), torch.tensor(values[:, -1:], dtype=torch.float32)


x_fit, y_fit = to_tensors(spring)
x_new, y_new = to_tensors(autumn)
mu, sd = x_fit.mean(0), x_fit.std(0)
x_fit, x_new = (x_fit - mu) / sd, (x_new - mu) / sd
y_mu, y_sd = y_fit.mean(), y_fit.std()

model = nn.Sequential(nn.Linear(6, 40), nn.Mish(), nn.Linear(40, 40), nn.Mish(), nn.Linear(40, 1))
optimizer = torch.optim.NAdam(model.parameters(), lr=2e-3)
loader = DataLoader(TensorDataset(x_fit, (y_fit - y_mu) / y_sd), batch_size=50, shuffle=True)
for epoch in range(25):
    model.train()
    seen = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.huber_loss(model(x), y)
        loss.backward()
        optimizer.step()
        seen += loss.item()
    model.eval()
    with torch.no_grad():
        val = nn.functional.huber_loss(model(x_new), (y_new - y_mu) / y_sd).item()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1:2d} train {seen / len(loader):.4f} autumn {val:.4f}")

with torch.no_grad():
    error = ((model(x_new) * y_sd + y_mu - y_new) ** 2).mean()
print(f"FINAL r2={(1 - error / y_new.var()).item():.4f}")
