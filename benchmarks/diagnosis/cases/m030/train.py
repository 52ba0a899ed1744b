import math
import os

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


class Melodies(Dataset):
    """Short tone sequences; the class is how the last third relates to the first two."""

    def __init__(self, n, length=24):
        base = torch.randn(n, 1) * 2
        slope = torch.randint(0, 2, (n, 1)) * 2.0 - 1.0
        turn = torch.randint(0, 2, (n, 1)) * 2.0 - 1.0
        t = torch.arange(length).float()
        knee = 2 * length // 3
        line = base + 0.08 * slope * t.clamp(max=knee) + 0.2 * slope * turn * (t - knee).clamp(min=0)
        self.x = (line + 0.25 * torch.randn(n, length)).unsqueeze(-1)
        self.y = (((slope + 1) / 2) * 2 + (turn + 1) / 2).long().squeeze(1)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class MelodyClassifier(nn.Module):
    def __init__(self, input_size=1, hidden_size=32, num_layers=1, num_classes=4):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers)
        self.fc = nn.Linear(hidden_size, num_classes)

    def forward(self, x):
        x = x.permute(1, 0, 2)
        h0 = torch.zeros(self.num_layers, x.size(1), self.hidden_size)
        c0 = torch.zeros(self.num_layers, x.size(1), self.hidden_size)
        out, _ = self.lstm(x, (h0, c0))
        out = out.permute(1, 0, 2)
        return self.fc(out[:, 0, :])


model = MelodyClassifier()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()
train_loader = DataLoader(Melodies(2000), batch_size=50, shuffle=True)
test_loader = DataLoader(Melodies(500), batch_size=250)

for epoch in range(15):
    for i, (seqs, labels) in enumerate(train_loader):
        outputs = model(seqs)
        loss = criterion(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if i == len(train_loader) - 1:
            print(f"Epoch [{epoch + 1}/15], Loss: {loss.item():.4f}  (ln 4 = {math.log(4):.3f})")

with torch.no_grad():
    correct = sum((model(s).argmax(1) == l).sum().item() for s, l in test_loader)
print(f"FINAL accuracy={correct / 500:.4f}")
