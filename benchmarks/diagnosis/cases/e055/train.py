import os

import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
P, KEEP, DIM = 16, 5, 48

d = load_digits()
images = torch.tensor(d.images, dtype=torch.float32) / 16
patches = images.unfold(1, 2, 2).unfold(2, 2, 2).reshape(-1, P, 4)
labels = d.target
order = torch.randperm(len(patches))
patches, labels = patches[order], labels[order.numpy()]


def layers(n):
    layer = nn.TransformerEncoderLayer(DIM, 4, 2 * DIM, dropout=0.0, batch_first=True, norm_first=True, activation="gelu")
    return nn.TransformerEncoder(layer, n, enable_nested_tensor=False)


class MAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(4, DIM)
        self.place = nn.Parameter(0.2 * torch.randn(P, DIM))
        self.encoder = layers(2)
        self.mask_token = nn.Parameter(torch.zeros(DIM))
        self.decoder_place = nn.Parameter(0.2 * torch.randn(P, DIM))
        self.decoder = layers(1)
        self.pixels = nn.Linear(DIM, 4)

    def forward(self, x):
        b = len(x)
        tokens = self.embed(x) + self.place
        shuffle = torch.rand(b, P).argsort(1)
        kept = shuffle[:, :KEEP, None].expand(-1, -1, DIM)
        h = self.encoder(tokens.gather(1, kept))
        full = self.mask_token.expand(b, P, DIM).scatter(1, kept, h)
        out = self.pixels(self.decoder(full + self.decoder_place))
        hidden = torch.ones(b, P).scatter(1, shuffle[:, :KEEP], 0.0)
        return (((out - x) ** 2).mean(2) * hidden).sum() / hidden.sum()

    def represent(self, x):
        return self.encoder(self.embed(x) + self.place).flatten(1)


model = MAE()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.95), weight_decay=0.05)
epochs = 12
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 2e-3, total_steps=epochs * 22, pct_start=0.15)
for epoch in range(epochs):
    for rows in torch.randperm(1400).split(64):
        loss = model(patches[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss on hidden patches {loss.item():.4f}")

model.eval()
with torch.no_grad():
    z = model.represent(patches).numpy()
probe = LogisticRegression(max_iter=200, C=0.1).fit(z[:300], labels[:300])
print(f"FINAL accuracy={probe.score(z[1400:], labels[1400:]):.4f}")
