import os
import torch
import torch.nn as nn
import torch.nn.functional as F
import numpy as np

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

# spectrogram-like patches, 6 spoken "words"
CLASSES = 6

def make(n):
    proto = np.random.RandomState(8).normal(0, 1, (CLASSES, 12, 12))
    y = np.random.randint(0, CLASSES, n)
    x = proto[y] + np.random.normal(0, 1.2, (n, 12, 12))
    for i in range(n):
        x[i] = np.roll(x[i], np.random.randint(-1, 2), axis=1)
    return torch.tensor(x[:, None], dtype=torch.float32), torch.tensor(y)

class CNN(nn.Module):
    def __init__(self):
        super(CNN, self).__init__()
        self.layer1 = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, stride=1, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2))
        self.layer2 = nn.Sequential(
            nn.Conv2d(16, 32, kernel_size=3, stride=1, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2))
        self.drop_out = nn.Dropout(0.2)
        self.fc1 = nn.Linear(3 * 3 * 32, 100)
        self.fc2 = nn.Linear(100, CLASSES)

    def forward(self, x):
        out = self.layer1(x)
        out = self.layer2(out)
        out = out.reshape(out.size(0), -1)
        out = self.drop_out(out)
        out = F.relu(self.fc1(out))
        return self.fc2(out)

num_epochs = 6
batch_size = 50
learning_rate = 0.001
x_train, y_train = make(1200)
x_test, y_test = make(400)

model = CNN()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)

total_step = len(x_train) // batch_size
for epoch in range(num_epochs):
    model.train()
    perm = torch.randperm(len(x_train))
    for i in range(total_step):
        idx = perm[i * batch_size:(i + 1) * batch_size]
        outputs = model(x_train[idx])
        loss = criterion(outputs, y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (i + 1) % 12 == 0:
            print('Epoch [{}/{}], Step [{}/{}], Loss: {:.4f}'.format(epoch + 1, num_epochs, i + 1, total_step, loss.item()))

model.eval()
with torch.no_grad():
    correct = (model(x_test).argmax(1) == y_test).sum().item()
print('FINAL accuracy={:.4f}'.format(correct / len(y_test)))
