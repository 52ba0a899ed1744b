import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).div(8).sub(1).unsqueeze(1)
y = torch.tensor(digits.target)
# two digits side by side, the label is their sum
left, right = torch.randint(0, len(y), (2, 6000))
x, y = torch.cat([x[left], x[right]], dim=3), y[left] + y[right]
x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.2, random_state=seed)


class SumNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.fc1 = nn.Linear(24 * 2 * 4, 96)
        self.fc2 = nn.Linear(96, 19)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


model = SumNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", factor=0.2, patience=1)

for epoch in range(18):
    model.train()
    train_loss = 0.0
    for idx in torch.randperm(len(x_train)).split(64):
        loss = F.cross_entropy(model(x_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * len(idx)
    model.eval()
    with torch.no_grad():
        val_acc = (model(x_val).argmax(1) == y_val).float().mean().item()
    scheduler.step(val_acc)
    print(f"epoch {epoch + 1:2d}  loss {train_loss / len(x_train):.4f}  val_acc {val_acc:.4f}")

print(f"FINAL accuracy={val_acc:.4f}")
