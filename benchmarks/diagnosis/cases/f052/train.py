import os

import torch
from torch import nn
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))

images = torch.tensor(load_digits().images, dtype=torch.float32).div_(8).sub_(0.6)
labels = torch.tensor(load_digits().target)
order = torch.randperm(len(labels))
train, test = order[:1400], order[1400:]


class PatchMixer(nn.Module):
    """a two-block MLP-Mixer over sixteen 2x2 patches"""

    def __init__(self, dim=32):
        super().__init__()
        self.embed = nn.Conv2d(1, dim, 2, stride=2)
        self.token_mix = nn.ModuleList(nn.Sequential(nn.LayerNorm(dim), Transposed(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))) for _ in range(2))
        self.channel_mix = nn.ModuleList(nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 64), nn.GELU(), nn.Linear(64, dim)) for _ in range(2))
        self.head = nn.Linear(dim, 10)

    def forward(self, x):
        x = self.embed(x[:, None]).flatten(2).transpose(1, 2)
        for tokens, channels in zip(self.token_mix, self.channel_mix):
            x = x + tokens(x)
            x = x + channels(x)
        return self.head(x.mean(1))


class Transposed(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x.transpose(1, 2)).transpose(1, 2)


model = PatchMixer()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=0.3)
for epoch in range(10):
    for b in train[torch.randperm(1400)].split(40):
        loss = nn.functional.cross_entropy(model(images[b]), labels[b], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1} loss {loss.item():.4f}")

with torch.no_grad():
    print(f"FINAL accuracy={(model(images[test]).argmax(1) == labels[test]).float().mean().item():.4f}")
