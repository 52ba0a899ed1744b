import os
from dataclasses import dataclass

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Stages:
    denoise_epochs: int = 25
    probe_epochs: int = 15
    tune_epochs: int = 8
    batch: int = 32
    lr: float = 2e-3
    tune_lr: float = 2e-4


class Encoder(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(30, 24), nn.ReLU(), nn.Linear(24, 12), nn.ReLU())


class Decoder(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 30))


class Diagnoser(nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(12, 2)

    def forward(self, x):
        return self.head(self.encoder(x))


class Pipeline:
    def __init__(self, stages, seed):
        x, y = load_breast_cancer(return_X_y=True)
        xt, xv, yt, yv = train_test_split(x, y, test_size=0.3, stratify=y, random_state=seed)
        scaler = StandardScaler().fit(xt)
        make = lambda a: torch.tensor(scaler.transform(a), dtype=torch.float32)
        self.loader = DataLoader(TensorDataset(make(xt), torch.tensor(yt)), stages.batch, shuffle=True)
        self.val = make(xv), torch.tensor(yv)
        self.stages = stages
        self.encoder, self.decoder = Encoder(), Decoder()
        self.model = Diagnoser(self.encoder)

    def denoise(self):
        both = nn.ModuleList([self.encoder, self.decoder])
        opt = torch.optim.Adam(both.parameters(), lr=self.stages.lr)
        for epoch in range(self.stages.denoise_epochs):
            for x, _ in self.loader:
                loss = nn.functional.mse_loss(self.decoder(self.encoder(x + 0.3 * torch.randn_like(x))), x)
                opt.zero_grad()
                loss.backward()
                opt.step()
        print(f"reconstruction {loss.item():.4f}")

    def classify(self, params, lr, epochs, tag):
        opt = torch.optim.Adam(params, lr=lr)
        for epoch in range(epochs):
            for x, y in self.loader:
                loss = nn.functional.cross_entropy(self.model(x), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
            print(f"{tag} {epoch}: {loss.item():.4f}")

    def run(self):
        self.denoise()
        self.encoder.requires_grad_(False)
        self.classify(self.model.head.parameters(), 5 * self.stages.lr, self.stages.probe_epochs, "probe")
        self.encoder.requires_grad_(True)
        self.classify(self.model.parameters(), self.stages.tune_lr, self.stages.tune_epochs, "tune")
        with torch.no_grad():
            return (self.model(self.val[0]).argmax(1) == self.val[1]).float().mean().item()


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
print(f"FINAL accuracy={Pipeline(Stages(), seed).run():.4f}")
