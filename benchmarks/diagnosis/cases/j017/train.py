import os

import torch
import torch.nn as nn
from accelerate import Accelerator
from sklearn.datasets import make_friedman1
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))


class Regressor(nn.Module):
    def __init__(self, n_in, hidden):
        super().__init__()
        self.fc1 = nn.Linear(n_in, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, 1)

    def forward(self, x):
        x = nn.functional.gelu(self.fc1(x))
        x = nn.functional.gelu(self.fc2(x))
        return self.fc3(x).squeeze(-1)


def get_loaders(batch_size):
    X, y = make_friedman1(3000, n_features=10, noise=0.5, random_state=21)
    y = (y - y.mean()) / y.std()
    X, y = torch.tensor(X * 2 - 1, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    return (
        DataLoader(TensorDataset(X[:2400], y[:2400]), batch_size=batch_size, shuffle=True),
        DataLoader(TensorDataset(X[2400:], y[2400:]), batch_size=200),
    )


def training_function(config):
    torch.manual_seed(config["seed"])
    accelerator = Accelerator(cpu=True)
    train_dl, eval_dl = get_loaders(config["batch_size"])
    model = Regressor(10, 64)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config["lr"], weight_decay=0.01)
    model, optimizer, train_dl, eval_dl = accelerator.prepare(model, optimizer, train_dl, eval_dl)
    loss_fn = nn.MSELoss()
    for epoch in range(config["num_epochs"]):
        model.train()
        total = 0.0
        for xb, yb in train_dl:
            output = model(xb)
            loss = loss_fn(output, yb)
            total += loss.detach().item()
            accelerator.backward(loss)
            optimizer.zero_grad()
            optimizer.step()
        accelerator.print(f"epoch {epoch}: train loss {total / len(train_dl):.4f}")
    model.eval()
    preds, refs = [], []
    for xb, yb in eval_dl:
        with torch.no_grad():
            p, r = accelerator.gather_for_metrics((model(xb), yb))
        preds.append(p)
        refs.append(r)
    preds, refs = torch.cat(preds), torch.cat(refs)
    return 1 - ((preds - refs) ** 2).sum().item() / ((refs - refs.mean()) ** 2).sum().item()


if __name__ == "__main__":
    r2 = training_function({"lr": 2e-3, "num_epochs": 15, "seed": SEED, "batch_size": 40})
    print(f"FINAL r2={r2:.4f}")
