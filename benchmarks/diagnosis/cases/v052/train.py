import logging
import os
import warnings

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
warnings.filterwarnings("ignore")

SEED = int(os.environ.get("SEED", 0))
L.seed_everything(SEED, verbose=False)


EVENT_VALUE = torch.tensor([-2.0, -1.5, -1.0, -0.5, -0.2, 0.0, 0.0, 0.2, 0.5, 1.0, 1.5, 2.0])


def sessions(n: int, length: int = 12):
    """Web sessions of twelve events; late events count more. Label: bounce, browse or buy."""
    events = torch.randint(0, len(EVENT_VALUE), (n, length))
    recency = torch.linspace(0.3, 1.7, length)
    score = (EVENT_VALUE[events] * recency).sum(1)
    return events, torch.bucketize(score, torch.tensor([-1.7, 1.7]))


class SequenceClassifier(L.LightningModule):
    def __init__(self, vocab: int = 12, length: int = 12, dim: int = 32, n_classes: int = 3, lr: float = 4e-3):
        super().__init__()
        self.save_hyperparameters()
        self.token = nn.Embedding(vocab, dim)
        self.position = nn.Parameter(0.02 * torch.randn(1, length, dim))
        layer = nn.TransformerEncoderLayer(dim, nhead=4, dim_feedforward=64, dropout=0.05, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=1, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.classifier = nn.Linear(dim, n_classes)
        self.loss = nn.CrossEntropyLoss()

    def forward(self, tokens):
        h = self.encoder(self.token(tokens) + self.position)
        return self.classifier(self.norm(h).mean(dim=1))

    def training_step(self, batch, batch_idx):
        tokens, labels = batch
        return self.loss(self(tokens), labels)

    def validation_step(self, batch, batch_idx):
        tokens, labels = batch
        acc = (self(tokens).argmax(1) == labels).float().mean()
        self.log("val_acc", acc)

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr, weight_decay=0.01)
        total = int(self.trainer.estimated_stepping_batches)
        sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=self.hparams.lr, total_steps=total, pct_start=0.15)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sched, "interval": "step"}}


def main():
    data = TensorDataset(*sessions(4200))
    train, val = random_split(data, [3400, 800])
    model = SequenceClassifier()
    trainer = L.Trainer(
        max_epochs=6, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, gradient_clip_val=1.0,
    )  # fmt: skip
    trainer.fit(model, DataLoader(train, batch_size=64, shuffle=True), DataLoader(val, batch_size=400))
    print("validated accuracy", float(trainer.callback_metrics["val_acc"]))
    print(f"FINAL accuracy={float(trainer.callback_metrics['val_acc']):.4f}")


if __name__ == "__main__":
    main()
