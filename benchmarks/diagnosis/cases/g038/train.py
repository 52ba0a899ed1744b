import os
import torch
from torch import nn, optim
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

images = torch.tensor(load_digits().data / 16, dtype=torch.float32)
images = images[torch.randperm(len(images))]
train, test = images[:1400], images[1400:]

encoder = nn.Sequential(nn.Linear(64, 40), nn.Tanh(), nn.Linear(40, 10))
decoder = nn.Sequential(nn.Linear(10, 40), nn.Tanh(), nn.Linear(40, 64))
autoencoder = nn.Sequential(encoder, decoder)
optimizer = optim.SGD(autoencoder.parameters(), lr=0.5, momentum=0.998, nesterov=True)
criterion = nn.MSELoss()

for epoch in range(30):
    total = 0.0
    for batch in train[torch.randperm(len(train))].split(50):
        optimizer.zero_grad()
        loss = criterion(autoencoder(batch), batch)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: reconstruction error {total / len(train):.5f}")

with torch.no_grad():
    error = ((autoencoder(test) - test) ** 2).sum()
    spread = ((test - train.mean(0)) ** 2).sum()
print(f"FINAL r2={1 - (error / spread).item():.4f}")
