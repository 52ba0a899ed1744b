import os
import warnings
warnings.filterwarnings("ignore")
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))


class SineDataset(Dataset):
    def __init__(self, start, end, look_back=20):
        t = np.arange(start, end) * 0.1
        s = np.sin(t) + 0.4 * np.sin(2.3 * t)
        self.s = s.astype(np.float32)
        self.look_back = look_back

    def __len__(self):
        return len(self.s) - self.look_back

    def __getitem__(self, i):
        x = self.s[i:i + self.look_back].reshape(-1, 1)
        y = self.s[i + self.look_back]
        return x, y


class LSTM(nn.Module):
    def __init__(self, input_size=1, hidden_size=24, num_layers=1):
        super().__init__()
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, x):
        out, (h_n, c_n) = self.lstm(x)
        return self.fc(out[:, -1, :])


train_loader = DataLoader(SineDataset(0, 1000), batch_size=32, shuffle=True)
test_data = SineDataset(1000, 1400)
model = LSTM()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

for epoch in range(10):
    total = 0
    for seq, target in train_loader:
        optimizer.zero_grad()
        y_pred = model(seq).squeeze(1)
        loss = criterion(y_pred, target)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch: {epoch:3} loss: {total / len(train_loader):10.6f}")

model.eval()
xs = torch.tensor(np.array([test_data[i][0] for i in range(len(test_data))]))
ys = np.array([test_data[i][1] for i in range(len(test_data))])
with torch.no_grad():
    p = model(xs).numpy()[:, 0]
print(f"FINAL r2={1 - ((p - ys) ** 2).sum() / ((ys - ys.mean()) ** 2).sum():.4f}")
