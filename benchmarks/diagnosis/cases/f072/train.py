import os
import warnings

warnings.filterwarnings("ignore")
import lightning.pytorch as pl
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class LitDigits(pl.LightningModule):
    def __init__(self, lr=1e-5):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 10), nn.Softmax(dim=1))
        self.hits, self.seen = 0, 0

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        self.hits += (self(x).argmax(1) == y).sum().item()
        self.seen += len(y)

    def on_validation_epoch_end(self):
        self.accuracy = self.hits / self.seen
        self.hits = self.seen = 0

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


if __name__ == "__main__":
    pl.seed_everything(int(os.environ.get("SEED", 0)), verbose=False)
    X, y = load_digits(return_X_y=True)
    data = TensorDataset(torch.tensor((X - 4.9) / 6).float(), torch.tensor(y))
    train, val = random_split(data, [1400, 397])
    model = LitDigits()
    trainer = pl.Trainer(max_epochs=10, accelerator="cpu", logger=False, enable_checkpointing=False,
                         enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0)
    trainer.fit(model, DataLoader(train, batch_size=40, shuffle=True), DataLoader(val, batch_size=200))
    print(f"train loss {trainer.callback_metrics['train_loss'].item():.4f}")
    print(f"FINAL accuracy={model.accuracy:.4f}")
