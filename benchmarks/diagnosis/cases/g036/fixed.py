import math
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class TideWindows(Dataset):
    def __init__(self, level, window=24, ahead=3):
        self.level, self.window, self.ahead = level, window, ahead

    def __len__(self):
        return len(self.level) - self.window - self.ahead

    def __getitem__(self, i):
        past = self.level[i:i + self.window].unsqueeze(-1)
        return past, self.level[i + self.window + self.ahead - 1]


class TideLSTM(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, past):
        out, _ = self.lstm(past)
        return self.linear(out[:, -1])


t = torch.arange(2400).float()
level = torch.sin(2 * math.pi * t / 12.4) + 0.5 * torch.sin(2 * math.pi * t / 25.8 + 1) + 0.3 * torch.sin(2 * math.pi * t / 7.1)
level = level + 0.1 * torch.randn(len(t))
train_data, test_data = TideWindows(level[:1900]), TideWindows(level[1900:])
loader = DataLoader(train_data, batch_size=32, shuffle=True)

model = TideLSTM()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(12):
    model.train()
    total = 0.0
    for past, future in loader:
        predicted = model(past).squeeze(1)
        optimizer.zero_grad()
        loss = ((predicted - future) ** 2).mean()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1} mse {total / len(loader):.4f}")

model.eval()
past, future = next(iter(DataLoader(test_data, batch_size=len(test_data))))
with torch.no_grad():
    predicted = model(past).squeeze(1)
r2 = 1 - ((predicted - future) ** 2).sum() / ((future - future.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
