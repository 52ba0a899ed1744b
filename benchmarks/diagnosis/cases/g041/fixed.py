import os
import torch
from torch import nn, optim
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

digits = load_digits()
images = torch.tensor(digits.images / 16.0, dtype=torch.float32).unsqueeze(1)
images = (images - images.mean()) / images.std()
images = images + 0.9 * torch.randn(images.shape, generator=torch.Generator().manual_seed(5))
x_train, x_test, y_train, y_test = train_test_split(images, torch.tensor(digits.target), test_size=0.3, random_state=SEED)


class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 12, 3, stride=1, padding=1), nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 20, 3, padding=1), nn.ReLU(),
            nn.Conv2d(20, 20, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        )
        self.classifier = nn.Linear(80, 10)

    def forward(self, x):
        return self.classifier(self.backbone(x))


net = DigitNet()
optimizer = optim.SGD([
    {"params": net.backbone.parameters(), "lr": 0.02},
    {"params": net.classifier.parameters()},
], lr=0.02, momentum=0.9)
criterion = nn.CrossEntropyLoss()

for epoch in range(20):
    net.train()
    order = torch.randperm(len(x_train))
    running = 0.0
    for k in range(0, len(order), 32):
        idx = order[k:k + 32]
        optimizer.zero_grad()
        loss = criterion(net(x_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
        running += loss.item() * len(idx)
    if epoch % 4 == 3:
        print(f"[{epoch + 1}] loss: {running / len(order):.3f}")

net.eval()
with torch.no_grad():
    acc = (net(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
