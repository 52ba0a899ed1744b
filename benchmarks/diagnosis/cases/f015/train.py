import os

import torch
from torch import nn
from torch.nn.functional import one_hot
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
NUM_SPECIES = 60


def herbarium(n):
    """leaf measurements: every species has its own centre and its own stretch"""
    centres = torch.randn(NUM_SPECIES, 20)
    stretch = torch.rand(NUM_SPECIES, 20) + 0.3
    species = torch.randint(NUM_SPECIES, (n,))
    return centres[species] + stretch[species] * torch.randn(n, 20) * 0.6, species


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(20, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU())
        self.classifier = nn.Linear(100, NUM_SPECIES)

    def forward(self, x):
        return self.classifier(self.features(x))


dataset = TensorDataset(*herbarium(7000))
train_set, test_set = random_split(dataset, [6000, 1000])
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = DataLoader(test_set, batch_size=500)

model = Net()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(8):
    model.train()
    for i, (inputs, species) in enumerate(train_loader):
        targets = one_hot(species, NUM_SPECIES).float()
        loss = criterion(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    hits = 0
    with torch.no_grad():
        for inputs, species in test_loader:
            hits += (model(inputs).argmax(1) == species).sum().item()
    print(f"epoch {epoch + 1}: loss {loss.item():.4f}, test accuracy {hits / 10:.1f} %")
print(f"FINAL accuracy={hits / 1000:.4f}")
