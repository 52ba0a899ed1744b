import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


def weather_table(n=3200):
    r = np.random.default_rng(7)
    irradiance = 900 * r.beta(2, 2, n)                     # W/m2
    temperature = 283 + 9 * r.normal(size=n)               # K
    pressure = 101325 + 700 * r.normal(size=n)             # Pa
    humidity = r.beta(3, 2, n)                             # 0..1
    wind = r.weibull(2, n) * 5                             # m/s
    cloud = r.beta(0.7, 0.9, n)                            # 0..1
    yield_kw = irradiance / 900 * (1 - 0.75 * cloud ** 2) * (1 - 0.004 * (temperature - 298))
    yield_kw += 0.15 * humidity * np.sin(wind) + 0.03 * r.normal(size=n)
    return np.column_stack([irradiance, temperature, pressure, humidity, wind, cloud, yield_kw])


table = weather_table()
features = torch.tensor(table[:, :-1], dtype=torch.float32)
target = torch.tensor(table[:, -1:], dtype=torch.float32)
target = (target - target[:2500].mean()) / target[:2500].std()

train_loader = DataLoader(TensorDataset(features[:2500], target[:2500]), batch_size=32, shuffle=True)
test_x, test_y = features[2500:], target[2500:]


class YieldModel(nn.Module):
    def __init__(self, n_in=6):
        super().__init__()
        self.layer1 = nn.Linear(n_in, 48)
        self.layer2 = nn.Linear(48, 24)
        self.layer3 = nn.Linear(24, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.layer1(x))
        x = self.relu(self.layer2(x))
        return self.layer3(x)


model = YieldModel()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.MSELoss()

for epoch in range(1, 13):
    model.train()
    running_loss = 0
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    if epoch % 4 == 0:
        print("Epoch {}, train loss {:.4f}".format(epoch, running_loss / len(train_loader)))

model.eval()
with torch.no_grad():
    mse = criterion(model(test_x), test_y).item()
print("FINAL r2={:.4f}".format(1 - mse / test_y.var().item()))
