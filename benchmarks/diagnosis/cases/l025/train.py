import os
from dataclasses import dataclass, field

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import logging
import warnings
warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


@dataclass
class JointConfig:
    n_features: int = 12
    width: int = 48
    lr: float = 0.05
    loss_weights: dict = field(default_factory=lambda: {"churn": 1.0, "revenue": 1.0})


def customers(n, rng, w, a, b):
    x = rng.normal(size=(n, 12))
    latent = x @ w
    h = np.tanh(latent)
    churn = (h @ a + 0.25 * rng.normal(size=n) > 0).astype(np.int64)
    revenue = np.exp(7.5 + 0.35 * (h @ b) + 0.1 * rng.normal(size=n))
    t = torch.tensor
    return t(x, dtype=torch.float32), t(churn), t(revenue, dtype=torch.float32)


class JointModel(L.LightningModule):
    def __init__(self, cfg: JointConfig):
        super().__init__()
        self.cfg = cfg
        self.trunk = nn.Sequential(
            nn.Linear(cfg.n_features, cfg.width), nn.ReLU(), nn.Linear(cfg.width, cfg.width), nn.ReLU()
        )
        self.churn_head = nn.Linear(cfg.width, 2)
        self.revenue_head = nn.Linear(cfg.width, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.churn_head(h), self.revenue_head(h).squeeze(-1)

    def training_step(self, batch, _):
        x, churn, revenue = batch
        logits, amount = self(x)
        parts = {
            "churn": nn.functional.cross_entropy(logits, churn),
            "revenue": nn.functional.mse_loss(amount, revenue),
        }
        loss = sum(self.cfg.loss_weights[k] * v for k, v in parts.items())
        if self.global_step % 100 == 0:
            print(self.global_step, {k: round(v.item(), 4) for k, v in parts.items()})
        return loss

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.parameters(), lr=self.cfg.lr, momentum=0.9)
        sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=15)
        return {"optimizer": opt, "lr_scheduler": sched}


def main():
    seed = int(os.environ.get("SEED", 0))
    L.seed_everything(seed, verbose=False)
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(12, 6)) / 2, rng.normal(size=6), rng.normal(size=6)
    x, churn, revenue = customers(2000, rng, *truth)
    xt, ct, rt = customers(800, rng, *truth)
    train = TensorDataset(x, churn, revenue)
    model = JointModel(JointConfig())
    trainer = L.Trainer(
        max_epochs=15, accelerator="cpu", gradient_clip_val=1.0, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )
    trainer.fit(model, DataLoader(train, batch_size=64, shuffle=True))
    model.eval()
    with torch.no_grad():
        acc = (model(xt)[0].argmax(1) == ct).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


main()
