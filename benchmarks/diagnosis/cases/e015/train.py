import os
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(int(os.environ.get("SEED", 0)))

images = torch.from_numpy(load_digits().images * 15.9).to(torch.uint8).unsqueeze(1)
targets = torch.from_numpy(load_digits().target)
train, test = random_split(TensorDataset(images, targets), [1400, 397])

model = nn.Sequential(
    nn.BatchNorm2d(1),
    nn.Conv2d(1, 16, 3, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 32, 3, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
    nn.Flatten(), nn.Linear(32 * 16, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=5e-4)
criterion = nn.CrossEntropyLoss()

for epoch in range(5):
    model.train()
    for image, target in DataLoader(train, batch_size=35, shuffle=True):
        loss = criterion(model(image.float()), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    hits = sum((model(i.float()).argmax(1) == t).sum().item() for i, t in DataLoader(test, batch_size=200))
print(f"FINAL accuracy={hits / len(test):.4f}")
