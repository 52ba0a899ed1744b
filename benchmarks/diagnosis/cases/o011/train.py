import os
import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import Dataset, DataLoader
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class DigitsDataset(Dataset):
    def __init__(self, train=True):
        d = load_digits()
        order = np.random.RandomState(6).permutation(len(d.data))
        order = order[:1400] if train else order[1400:]
        self.x = torch.tensor(d.images[order], dtype=torch.float32) / 16
        self.y = torch.tensor(d.target[order])

    def __len__(self):
        return len(self.y)

    def __getitem__(self, idx):
        return self.x[idx], self.y[idx]


trainset = DigitsDataset(True)
testset = DigitsDataset(False)
train_loader = DataLoader(trainset, batch_size=32, shuffle=False)
test_loader = DataLoader(testset, batch_size=32, shuffle=False)

model = nn.Sequential(nn.Flatten(),
                      nn.Linear(64, 128), nn.ReLU(),
                      nn.Linear(128, 64), nn.ReLU(),
                      nn.Linear(64, 10), nn.LogSoftmax(dim=1))
criterion = nn.NLLLoss()
optimizer = optim.Adam(model.parameters(), lr=0.003)

steps = 300
for e in range(steps):
    images, labels = next(iter(train_loader))
    optimizer.zero_grad()
    log_ps = model(images)
    loss = criterion(log_ps, labels)
    loss.backward()
    optimizer.step()

    if e % 50 == 0:
        accuracy = 0
        with torch.no_grad():
            for im, lab in test_loader:
                ps = torch.exp(model(im))
                top_p, top_class = ps.topk(1, dim=1)
                accuracy += (top_class.view(-1) == lab).sum().item()
        print("step: {}/{}.. ".format(e + 1, steps), "train loss: {:.3f}.. ".format(loss.item()),
              "test accuracy: {:.3f}".format(accuracy / len(testset)))

accuracy = 0
with torch.no_grad():
    for im, lab in test_loader:
        accuracy += (model(im).argmax(1) == lab).sum().item()
print("FINAL accuracy={:.4f}".format(accuracy / len(testset)))
