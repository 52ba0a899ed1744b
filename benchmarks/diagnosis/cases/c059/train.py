import logging
import os
import warnings

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

import lightning.pytorch as pl
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class AAE(pl.LightningModule):
    def __init__(self, z=8):
        super().__init__()
        self.automatic_optimization = False
        self.enc = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, z))
        self.dec = nn.Sequential(nn.Linear(z, 96), nn.ReLU(), nn.Linear(96, 64))
        self.critic = nn.Sequential(nn.Linear(z, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1))

    def forward(self, x):
        return self.dec(self.enc(x))

    def training_step(self, batch, _):
        (x,) = batch
        opt_ae, opt_c = self.optimizers()
        prior = torch.randn(len(x), 8)
        z = self.enc(x)
        d_loss = F.softplus(-self.critic(prior)).mean() + F.softplus(self.critic(z.detach())).mean()
        opt_c.zero_grad()
        self.manual_backward(d_loss)
        opt_c.step()
        rec = F.mse_loss(self.dec(z), x) * 10
        fool = F.softplus(-self.critic(z)).mean()
        opt_ae.zero_grad()
        self.manual_backward(rec + 0.05 * fool)
        opt_ae.step()
        self.log_dict({"rec": rec, "d": d_loss, "fool": fool}, on_epoch=True, on_step=False)

    def configure_optimizers(self):
        ae = [*self.enc.parameters(), *self.dec.parameters()]
        return torch.optim.Adam(ae, lr=2e-3), torch.optim.Adam(self.critic.parameters(), lr=1e-3, betas=(0.5, 0.99))


def main():
    pl.seed_everything(int(os.environ.get("SEED", 0)), verbose=False)
    x = torch.tensor(load_digits().data, dtype=torch.float32) / 16
    x = x[torch.randperm(len(x))]
    trainer = pl.Trainer(max_epochs=12, logger=False, enable_checkpointing=False, enable_progress_bar=False,
                         enable_model_summary=False, accelerator="cpu")
    model = AAE()
    trainer.fit(model, DataLoader(TensorDataset(x[:1400]), batch_size=40, shuffle=True))
    print({k: round(v.item(), 4) for k, v in trainer.callback_metrics.items()})
    with torch.no_grad():
        t = x[1400:]
        r2 = 1 - (model(t) - t).pow(2).sum() / (t - x[:1400].mean(0)).pow(2).sum()
    print(f"FINAL r2={r2.item():.4f}")


if __name__ == "__main__":
    main()
