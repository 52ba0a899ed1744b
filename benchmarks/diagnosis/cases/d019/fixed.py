import os

import torch
from sklearn.datasets import load_digits
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

pictures = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16.0
pictures = pictures[torch.randperm(len(pictures))]
train, test = pictures[:1400], pictures[1400:]


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 16, 4, stride=2, padding=1), nn.ReLU(),
                                     nn.Conv2d(16, 8, 4, stride=2, padding=1), nn.ReLU())
        self.decoder = nn.Sequential(nn.ConvTranspose2d(8, 16, 4, stride=2, padding=1), nn.ReLU(),
                                     nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1))

    def forward(self, x):
        return self.decoder(self.encoder(x))


ae = AutoEncoder()
optimizer = torch.optim.SGD(ae.parameters(), lr=0.3, momentum=0.9)
mse = nn.MSELoss()
for epoch in range(15):
    order = torch.randperm(len(train))
    for rows in order.split(56):
        batch = train[rows]
        loss = mse(ae(batch), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} reconstruction {loss.item():.5f}")

ae.eval()
with torch.no_grad():
    err = (ae(test) - test).pow(2).sum()
    var = (test - train.mean(0)).pow(2).sum()
print(f"FINAL r2={(1 - err / var).item():.4f}")
