import os
import warnings

warnings.filterwarnings("ignore")
import lightning.pytorch as pl
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import BaseFinetuning
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def textures(n, new=False):
    """Old task: grain size.  New task: is the brighter half on the left, or is the grain slanted?"""
    g = torch.Generator().manual_seed(torch.randint(0, 10 ** 6, (1,)).item())
    yy, xx = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    size = torch.randint(0, 3, (n,), generator=g)
    slant = torch.randint(0, 2, (n,), generator=g)
    k = torch.tensor([0.5, 0.9, 1.4])[size][:, None, None]
    sign = (slant * 2 - 1)[:, None, None]
    img = torch.sin(k * (xx + sign * yy) + 6.28 * torch.rand(n, 1, 1, generator=g)) + 0.5 * torch.randn(n, 16, 16, generator=g)
    return img.unsqueeze(1), (slant * 3 + size if new else size)


def backbone():
    return nn.Sequential(nn.Conv2d(1, 12, 5, padding=2), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())


class Classifier(pl.LightningModule):
    def __init__(self, body, n_classes, lr):
        super().__init__()
        self.backbone, self.head, self.lr = body, nn.Linear(96, n_classes), lr

    def forward(self, x):
        return self.head(self.backbone(x))

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        self.log("acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam([p for p in self.parameters() if p.requires_grad], lr=self.lr)


class ThawAt(BaseFinetuning):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def freeze_before_training(self, module):
        self.freeze(module.backbone)

    def finetune_function(self, module, epoch, optimizer):
        if epoch == self.epoch:
            self.unfreeze_and_add_param_group(module.backbone, optimizer, initial_denom_lr=5)


def fit(model, train, val, epochs, callbacks=()):
    trainer = pl.Trainer(max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
                         enable_model_summary=False, num_sanity_val_steps=0, callbacks=list(callbacks))
    trainer.fit(model, DataLoader(train, batch_size=50, shuffle=True), DataLoader(val, batch_size=200))
    m = trainer.callback_metrics
    print("loss %.4f acc %.4f" % (m["loss"], m["acc"]))
    return m["acc"].item()


if __name__ == "__main__":
    pl.seed_everything(int(os.environ.get("SEED", 0)), verbose=False)
    body = backbone()
    fit(Classifier(body, 3, 2e-3), TensorDataset(*textures(1200)), TensorDataset(*textures(400)), 4)
    acc = fit(Classifier(body, 6, 4e-3), TensorDataset(*textures(700, True)), TensorDataset(*textures(400, True)), 12, [ThawAt(4)])
    print(f"FINAL accuracy={acc:.4f}")
