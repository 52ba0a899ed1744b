import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(int(os.environ.get("SEED", 0)))

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
data = TensorDataset((images - images.mean()) / images.std(), torch.tensor(digits.target))
train_set, test_set = random_split(data, [1300, len(data) - 1300], torch.Generator().manual_seed(3))
train_loader = DataLoader(train_set, batch_size=8, shuffle=True, drop_last=True)
test_loader = DataLoader(test_set, batch_size=128)


class LeNetBN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 12, 3, padding=1, bias=False), nn.BatchNorm2d(12)
        self.conv2, self.bn2 = nn.Conv2d(12, 24, 3, bias=False), nn.BatchNorm2d(24)
        self.fc = nn.Linear(24 * 9, 10)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(torch.relu(self.bn2(self.conv2(x))), 2)
        return self.fc(x.flatten(1))


@torch.no_grad()
def accuracy(model):
    model.eval()
    return sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader) / len(test_set)


model = LeNetBN()
swa_model = AveragedModel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=6, eta_min=1e-3)
swa_scheduler = SWALR(optimizer, swa_lr=0.02, anneal_epochs=2)
SWA_START = 5
for epoch in range(10):
    model.train()
    mean = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        mean += loss.item() / len(train_loader)
    if epoch >= SWA_START:
        swa_model.update_parameters(model)
        swa_scheduler.step()
    else:
        scheduler.step()
    print(f"epoch {epoch} lr {optimizer.param_groups[0]['lr']:.4f} loss {mean:.4f} accuracy {accuracy(model):.4f}")
update_bn(train_loader, swa_model)
print(f"FINAL accuracy={accuracy(swa_model):.4f}")
