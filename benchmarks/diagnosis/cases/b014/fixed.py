import os
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))

imgs = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16


class Normalize:
    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def __call__(self, t):
        return (t - self.mean) / self.std


transform = Normalize(0.3053, 0.3760)
imgs = transform(imgs)[torch.randperm(len(imgs))]
trainloader = DataLoader(imgs[:1400], batch_size=64, shuffle=True)
test = imgs[1400:]


class ConvAutoencoder(nn.Module):
    def __init__(self):
        super(ConvAutoencoder, self).__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),
            nn.ReLU(True),
            nn.Conv2d(16, 8, 3, stride=2, padding=1),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(8, 16, 2, stride=2),
            nn.ReLU(True),
            nn.ConvTranspose2d(16, 1, 2, stride=2),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


model = ConvAutoencoder()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-5)
for epoch in range(20):
    running = 0.0
    for img in trainloader:
        output = model(img)
        loss = criterion(output, img)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    print('epoch [{}/{}], loss:{:.4f}'.format(epoch + 1, 20, running / len(trainloader)))

with torch.no_grad():
    rec = model(test)
r2 = 1 - ((rec - test) ** 2).sum() / ((test - test.mean()) ** 2).sum()
print('FINAL r2={:.4f}'.format(r2.item()))
