import os, torch, numpy as np
from torch import nn, optim
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import TensorDataset, DataLoader

torch.manual_seed(int(os.environ.get('SEED', 0)))

# data
X, y = load_digits(return_X_y=True)
X = X / 16
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=.2, random_state=42)
X_train, X_test = [torch.tensor(a).float() for a in (X_train, X_test)]
y_train, y_test = [torch.tensor(a).long() for a in (y_train, y_test)]
train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=32, shuffle=True)

# model
hidden = [128, 128, 64, 64, 64, 32, 32]
layers, prev = [], 64
for h in hidden:
    layers += [nn.Linear(prev, h), nn.Sigmoid()]
    prev = h
layers.append(nn.Linear(prev, 10))
net = nn.Sequential(*layers)
print(net)

loss_func = nn.CrossEntropyLoss()
opt = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

# train
for ep in range(16):
    l = []
    for xb, yb in train_loader:
        opt.zero_grad()
        loss = loss_func(net(xb), yb)
        loss.backward()
        opt.step()
        l.append(loss.item())
    if ep % 5 == 0:
        print('epoch', ep, 'loss', np.mean(l))

with torch.no_grad():
    acc = (net(X_test).argmax(dim=1) == y_test).float().mean().item()
print('FINAL accuracy=%.4f' % acc)
