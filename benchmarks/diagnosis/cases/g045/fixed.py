import os
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import make_friedman1
from sklearn.metrics import r2_score


def data(seed):
    x, y = make_friedman1(n_samples=3000, n_features=10, noise=0.6, random_state=seed)
    x = (x - 0.5) * 3.46
    y = (y - 14.4) / 5.0
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32).unsqueeze(1)
    return x[:2000], y[:2000], x[2000:], y[2000:]


class Regressor(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.inp = nn.Linear(10, width)
        self.mid = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)
        self.act = nn.GELU()

    def forward(self, x):
        return self.out(self.act(self.mid(self.act(self.inp(x)))))


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    x_train, y_train, x_test, y_test = data(seed)
    loader = DataLoader(TensorDataset(x_train, y_train), batch_size=50, shuffle=True)
    epochs = 16
    model = Regressor()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.04)
    scheduler = OneCycleLR(optimizer, max_lr=0.04, epochs=epochs, steps_per_epoch=len(loader))
    loss_fn = nn.MSELoss()
    for epoch in range(epochs):
        model.train()
        running = 0.0
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(xb), yb)
            loss.backward()
            optimizer.step()
            scheduler.step()
            running += loss.item()
        print(f"Epoch {epoch + 1}/{epochs} mse {running / len(loader):.4f}")
    model.eval()
    with torch.no_grad():
        score = r2_score(y_test.numpy(), model(x_test).numpy())
    print(f"FINAL r2={score:.4f}")


if __name__ == "__main__":
    main()
