import os
import torch
import numpy as np
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))

imgs = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
# same as transforms.Normalize((mean,), (std,))
imgs = (imgs - imgs.mean()) / imgs.std()
imgs = imgs[torch.randperm(len(imgs))]
trainloader = DataLoader(TensorDataset(imgs[:1400]), batch_size=32, shuffle=True)
testset = imgs[1400:]


class ConvAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),
            nn.ReLU(True),
            nn.Conv2d(16, 8, 3, stride=2, padding=1),
            nn.ReLU(True),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(8, 16, 2, stride=2),
            nn.ReLU(True),
            nn.ConvTranspose2d(16, 16, 2, stride=2),
            nn.ReLU(True),
            nn.Conv2d(16, 1, 3, padding=1),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


net = ConvAutoencoder()
criterion = nn.MSELoss()
optimizer = optim.Adam(net.parameters(), lr=2e-3, weight_decay=1e-5)

for epoch in range(20):
    for (img,) in trainloader:
        output = net(img)
        loss = criterion(output, img)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch [{}/20], loss:{:.4f}".format(epoch + 1, loss.item()))

net.eval()
with torch.no_grad():
    rec = net(testset)
    r2 = 1 - (rec - testset).pow(2).sum() / (testset - testset.mean()).pow(2).sum()
print("FINAL r2=%.4f" % r2)
