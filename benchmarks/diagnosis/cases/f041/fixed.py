import os

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

n = 3000
houses = pd.DataFrame({
    "rooms": np.random.randint(1, 8, n),
    "age": np.random.uniform(0, 90, n),
    "distance": np.random.gamma(2.0, 3.0, n),
    "garden": np.random.binomial(1, 0.4, n),
    "quality": np.random.normal(0, 1, n),
})
houses["price"] = (0.9 * np.sqrt(houses.rooms) - 0.012 * houses.age + 0.5 * houses.garden * (houses.distance > 4)
                   - 0.4 * np.log1p(houses.distance) + 0.35 * houses.quality + np.random.normal(0, 0.1, n))
houses = (houses - houses.mean()) / houses.std()
test_df = houses.sample(600, random_state=SEED)
train_df = houses.drop(test_df.index).sort_values("price")


def to_dataset(df):
    x = torch.tensor(df.drop(columns="price").values, dtype=torch.float32)
    y = torch.tensor(df[["price"]].values, dtype=torch.float32)
    return TensorDataset(x, y)


train_loader = DataLoader(to_dataset(train_df), batch_size=40, shuffle=True)
test_set = to_dataset(test_df)
model = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
loss_fn = nn.MSELoss()

for epoch in range(15):
    epoch_loss = []
    for x, y in train_loader:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        epoch_loss.append(loss.item())
    if epoch % 3 == 0:
        print(f"epoch {epoch}: train mse {np.mean(epoch_loss):.4f}")

x, y = test_set.tensors
with torch.no_grad():
    r2 = 1 - loss_fn(model(x), y) / y.var()
print(f"FINAL r2={r2.item():.4f}")
