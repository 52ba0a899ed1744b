import os

import torch
from torch import nn, optim
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Subset, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
bunch = load_digits()
full = TensorDataset(torch.tensor(bunch.data / 16, dtype=torch.float32), torch.tensor(bunch.target))
perm = torch.randperm(len(full)).tolist()
trainloader = DataLoader(Subset(full, perm[:1300]), batch_size=32, shuffle=True)
testloader = DataLoader(Subset(full, perm[1300:]), batch_size=64)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 128)
        self.fc2 = nn.Linear(128, 64)
        self.fc3 = nn.Linear(64, 10)
        self.drop1 = nn.Dropout(p=0.4)
        self.drop2 = nn.Dropout(p=0.4)

    def forward(self, x):
        x = self.drop1(F.relu(self.fc1(x)))
        x = self.drop2(F.relu(self.fc2(x)))
        return F.log_softmax(self.fc3(x), dim=1)


model = Classifier()
criterion = nn.NLLLoss()
optimizer = optim.Adam(model.parameters(), lr=0.003)
epochs = 12
for e in range(epochs):
    tot_train_loss = 0
    for images, labels in trainloader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        tot_train_loss += loss.item()
    else:
        test_loss, correct = 0, 0
        with torch.no_grad():
            for images, labels in testloader:
                log_ps = model(images)
                test_loss += criterion(log_ps, labels).item()
                correct += (log_ps.exp().topk(1, dim=1)[1].view(-1) == labels).sum().item()
        accuracy = correct / len(testloader.dataset)
        print(f"Epoch: {e + 1}/{epochs}..  Training Loss: {tot_train_loss / len(trainloader):.3f}.. "
              f"Test Loss: {test_loss / len(testloader):.3f}.. Test Accuracy: {accuracy:.3f}")
print(f"FINAL accuracy={accuracy:.4f}")
