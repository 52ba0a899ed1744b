import logging
import os
import warnings

import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
seed = int(os.environ.get("SEED", 0))
L.seed_everything(seed, verbose=False)


class TabularModule(L.LightningModule):
    def __init__(self, in_features, classes, lr=0.03):
        super().__init__()
        self.save_hyperparameters()
        self.automatic_optimization = False
        self.net = nn.Sequential(
            nn.Linear(in_features, 96), nn.ReLU(),
            nn.Linear(96, 96), nn.ReLU(),
            nn.Linear(96, classes),
        )
        self.right = self.seen = 0

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        opt = self.optimizers()
        loss = F.cross_entropy(self(x), y)
        self.manual_backward(loss)
        opt.step()
        if batch_idx == 0:
            print(f"epoch {self.current_epoch} loss {loss.item():.4f}")

    def on_validation_epoch_start(self):
        self.right = self.seen = 0

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.right += (logits.argmax(1) == y).sum().item()
        self.seen += len(y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr, momentum=0.9)


X, y = make_classification(4000, 30, n_informative=12, n_classes=5, n_clusters_per_class=2, class_sep=1.6, random_state=9)
X = torch.tensor(StandardScaler().fit_transform(X), dtype=torch.float32)
y = torch.tensor(y)
train = DataLoader(TensorDataset(X[:3000], y[:3000]), batch_size=50, shuffle=True)
val = DataLoader(TensorDataset(X[3000:], y[3000:]), batch_size=500)

module = TabularModule(30, 5)
trainer = L.Trainer(max_epochs=12, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
trainer.fit(module, train, val)
print(f"FINAL accuracy={module.right / module.seen:.4f}")
