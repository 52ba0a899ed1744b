import os
import torch
import torch.nn as nn
import numpy as np
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split

seed = int(os.environ.get('SEED', 0))
torch.manual_seed(seed)

data = load_wine()
xtr, xte, ytr, yte = train_test_split(data.data, data.target, test_size=.4, random_state=0, stratify=data.target)
sc = StandardScaler().fit(xtr)
xtr, xte = torch.Tensor(sc.transform(xtr)), torch.Tensor(sc.transform(xte))
ytr, yte = torch.LongTensor(ytr), torch.LongTensor(yte)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(13, 25)
        self.linear2 = nn.Linear(25, 3)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.linear2(self.relu(self.linear1(x)))


model = Classifier()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()

epochs = 60
for e in range(epochs):
    epoch_loss = []
    for i in np.array_split(np.random.RandomState(e).permutation(len(xtr)), 8):
        optimizer.zero_grad()
        output = model(xtr[i])
        loss = criterion(output, ytr[i])
        loss = torch.tensor(loss.item(), requires_grad=True)
        loss.backward()
        optimizer.step()
        epoch_loss.append(loss.item())
    if e % 10 == 0:
        print('Epoch: {} Loss: {}'.format(e, np.mean(epoch_loss)))

pred = model(xte).argmax(dim=1)
print('FINAL accuracy={:.4f}'.format((pred == yte).float().mean().item()))
