import os

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
import lightning.pytorch as pl
import logging, warnings
warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

pl.seed_everything(int(os.environ.get("SEED", 0)), verbose=False)

r = np.random.RandomState(3)
n = 2000
houses = pd.DataFrame({
    "sqft": r.normal(1800, 500, n).clip(500),
    "rooms": r.randint(2, 9, n),
    "age": r.randint(0, 90, n),
    "distance": r.exponential(8, n),
})
price = 90 * houses.sqft + 12000 * houses.rooms - 900 * houses.age + 90000 * np.exp(-houses.distance / 6) + r.normal(0, 15000, n)
X = ((houses - houses.mean()) / houses.std()).values
y = price.values
mu, sd = y[:1500].mean(), y[:1500].std()
y = (y - mu) / sd
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32).reshape(-1, 1)
train_dl = DataLoader(TensorDataset(X[:1500], y[:1500]), batch_size=50, shuffle=True)


class HousePrices(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
        self.seen = []

    def forward(self, x):
        return self.model(x)

    def training_step(self, batch, batch_idx):
        xb, yb = batch
        loss = nn.functional.mse_loss(self(xb), yb)
        self.seen.append(loss.item())
        return loss

    def on_train_epoch_end(self):
        print(f"epoch {self.current_epoch} loss {np.mean(self.seen):.4g}")
        self.seen.clear()

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)


net = HousePrices()
pl.Trainer(max_epochs=15, accelerator="cpu", logger=False, enable_checkpointing=False,
           enable_progress_bar=False, enable_model_summary=False).fit(net, train_dl)
net.eval()
with torch.no_grad():
    pred = net(X[1500:])
true = y[1500:]
r2 = 1 - ((pred - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
