import logging
import os
import warnings

import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
L.seed_everything(int(os.environ.get("SEED", 0)), verbose=False)


class DigitVAE(L.LightningModule):
    def __init__(self, latent=8, hidden=128, warm_epochs=10, lr=2e-3):
        super().__init__()
        self.save_hyperparameters()
        self.enc = nn.Sequential(nn.Linear(64, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU())
        self.to_mu, self.to_logvar = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.dec = nn.Sequential(nn.Linear(latent, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, 64))

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.to_mu(h), self.to_logvar(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar) if self.training else mu
        return self.dec(z), mu, logvar

    def training_step(self, batch, _):
        recon, mu, logvar = self(batch)
        rec = F.mse_loss(recon, batch, reduction="none").sum(1).mean() / (2 * 0.25**2)
        kl = 0.5 * (mu.pow(2) + logvar.exp() - 1 - logvar).sum(1).mean()
        beta = min(1.0, self.current_epoch / self.hparams.warm_epochs)
        self.last = (rec.item(), kl.item(), beta)
        return rec + beta * kl

    def on_train_epoch_end(self):
        if self.current_epoch % 5 == 0:
            print("epoch %d rec %.3f kl %.3f beta %.2f" % (self.current_epoch, *self.last))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


X = torch.tensor(load_digits().data / 16, dtype=torch.float32)
train, test = X[:1400], X[1400:]
vae = DigitVAE()
trainer = L.Trainer(max_epochs=30, accelerator="cpu", gradient_clip_val=5.0, logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
trainer.fit(vae, DataLoader(train, batch_size=50, shuffle=True))
vae.eval()
with torch.no_grad():
    recon = vae(test)[0]
r2 = 1 - (recon - test).pow(2).sum() / (test - train.mean(0)).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
