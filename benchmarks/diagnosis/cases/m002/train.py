import os
import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.getenv("SEED", "0"))
torch.manual_seed(SEED)
np.random.seed(SEED)

WEIGHTS = np.array([2.0, 1.0, 0.5])
OFFSET = 2.2


def get_data(count, bounds, noise=0.4):
    xt = np.random.rand(count, len(WEIGHTS)) * bounds
    yt = xt @ WEIGHTS + OFFSET + noise * (np.random.rand(count) - 0.5)
    return xt.astype(np.float32), yt.astype(np.float32)[:, None]


X_train, y_train = get_data(8000, 10000)
X_test, y_test = get_data(1000, 10000)

model = nn.Sequential()
model.add_module("dense_1", nn.Linear(3, 3))
model.add_module("act_1", nn.Tanh())
model.add_module("drop_1", nn.Dropout(0.5))
model.add_module("dense_2", nn.Linear(3, 2))
model.add_module("act_2", nn.Tanh())
model.add_module("drop_2", nn.Dropout(0.5))
model.add_module("dense_3", nn.Linear(2, 1))
model.add_module("act_3", nn.Softmax(dim=-1))
print(model)

loader = DataLoader(TensorDataset(torch.from_numpy(X_train), torch.from_numpy(y_train)), batch_size=32, shuffle=True)
sgd = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
mse = nn.MSELoss()

for epoch in range(8):
    model.train()
    losses = []
    for xb, yb in loader:
        sgd.zero_grad()
        loss = mse(model(xb), yb)
        loss.backward()
        sgd.step()
        losses.append(loss.item())
    print("Epoch %d/8 - loss: %.4f" % (epoch + 1, np.mean(losses)))

model.eval()
with torch.no_grad():
    pred = model(torch.from_numpy(X_test)).numpy()
r2 = 1 - ((y_test - pred) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print("FINAL r2=%.4f" % r2)
