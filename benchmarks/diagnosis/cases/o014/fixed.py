import os
import numpy as np
import torch
import torch.nn as nn
from torch.autograd import Variable
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))

digits = load_digits()
p = np.random.RandomState(0).permutation(len(digits.target))
images = (digits.data[p] / 16.0).astype(np.float32)
images = (images - images.mean()) / images.std()
target = digits.target[p]

class NeuralNet(nn.Module):
    def __init__(self):
        super(NeuralNet, self).__init__()
        self.fc1 = nn.Linear(64, 50)
        self.fc2 = nn.Linear(50, 50)
        self.fc3 = nn.Linear(50, 50)
        self.fc4 = nn.Linear(50, 50)
        self.fc5 = nn.Linear(50, 50)
        self.fc6 = nn.Linear(50, 10)

    def forward(self, x):
        out = torch.relu(self.fc1(x))
        out = torch.relu(self.fc2(out))
        out = torch.relu(self.fc3(out))
        out = torch.relu(self.fc4(out))
        out = torch.relu(self.fc5(out))
        return self.fc6(out)

net = NeuralNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

batch = 64
for epoch in range(15):
    s = np.random.permutation(1400)
    for j in range(0, 1400, batch):
        x = Variable(torch.from_numpy(images[s[j:j + batch]]))
        y = Variable(torch.from_numpy(target[s[j:j + batch]]))
        optimizer.zero_grad()
        outputs = net(x)
        loss = criterion(outputs, y)
        loss.backward()
        optimizer.step()
    print('Epoch', epoch + 1, 'Loss', loss.item())

out = net(Variable(torch.from_numpy(images[1400:])))
_, predicted = torch.max(out.data, 1)
print('FINAL accuracy=%.4f' % (predicted.numpy() == target[1400:]).mean())
