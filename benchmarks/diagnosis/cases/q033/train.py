import os
import warnings

warnings.filterwarnings("ignore")
import lightning.pytorch as pl
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def pendulum(n, frames=20):
    """Length of a pendulum from its noisy angle over time."""
    length = torch.rand(n, 1) * 1.5 + 0.4
    t = torch.arange(frames) * 0.12
    angle = (0.3 + 0.4 * torch.rand(n, 1)) * torch.cos((9.81 / length).sqrt() * t + 6.28 * torch.rand(n, 1))
    return angle + 0.03 * torch.randn(n, frames), (length - 1.15) / 0.43


class LengthNet(pl.LightningModule):
    def __init__(self, hidden=96, lr=0.05):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(20, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.mse_loss(self.net(x), y)
        self.log("train_mse", loss, on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        p = self.net(x)
        self.log("r2", 1 - (p - y).pow(2).sum() / (y - y.mean()).pow(2).sum())

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.parameters(), lr=self.hparams.lr, momentum=0.9)
        return [opt], [torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=self.trainer.max_epochs)]


def main():
    pl.seed_everything(int(os.environ.get("SEED", 0)), verbose=False)
    train = DataLoader(TensorDataset(*pendulum(3000)), batch_size=64, shuffle=True)
    val = DataLoader(TensorDataset(*pendulum(800)), batch_size=800)
    trainer = pl.Trainer(max_epochs=20, gradient_clip_val=0.03, gradient_clip_algorithm="norm", accelerator="cpu", logger=False,
                         enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0)
    trainer.fit(LengthNet(), train, val)
    print(f"train mse {trainer.callback_metrics['train_mse'].item():.4f}")
    print(f"FINAL r2={trainer.callback_metrics['r2'].item():.4f}")


main()
