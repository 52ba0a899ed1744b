import logging
import os
import warnings

import lightning as L
import torch
import torch.nn as nn
from lightning.pytorch.callbacks import EarlyStopping
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
L.seed_everything(int(os.environ.get("SEED", 0)), verbose=False)


def simulate(n):
    """Stopping distance of a vehicle under eight conditions, standardised."""
    x = torch.rand(n, 8) * 2 - 1
    y = (1.2 + x[:, 0]) ** 2 * (1.5 + x[:, 1]) / (1.5 + x[:, 2]) + torch.sin(3 * x[:, 3]) * x[:, 4] + x[:, 5] * x[:, 6]
    return TensorDataset(x, ((y - 2.2) / 1.6).unsqueeze(1))


class StoppingDistance(L.LightningModule):
    def __init__(self, hidden=64, lr=3e-4):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(8, hidden), nn.Mish(), nn.Linear(hidden, hidden), nn.Mish(), nn.Linear(hidden, 1))
        self.loss = nn.MSELoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        loss = self.loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        self.log("val_loss", self.loss(self(x), y), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


train = DataLoader(simulate(1600), batch_size=32, shuffle=True)
val = DataLoader(simulate(400), batch_size=400)
model = StoppingDistance()
trainer = L.Trainer(
    max_epochs=40, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
    enable_model_summary=False, callbacks=[EarlyStopping(monitor="val_loss", patience=3, mode="max")],
)
trainer.fit(model, train, val)
print(f"stopped after {trainer.current_epoch} epochs")

test = simulate(1000)
model.eval()
with torch.no_grad():
    x, y = test.tensors
    r2 = 1 - ((model(x) - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
