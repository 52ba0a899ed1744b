import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

X, y = load_digits(return_X_y=True)
perm = np.random.permutation(len(X))
X = torch.tensor(X[perm] / 16.0, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(y[perm])
teacher_set = TensorDataset(X[:900], y[:900])
# the student sees other pictures, whose labels come from a hasty annotator
student_x, student_y = X[900:1400], y[900:1400].clone()
wrong = torch.rand(500) < 0.5
student_y[wrong] = torch.randint(0, 10, (int(wrong.sum()),))
test_x, test_y = X[1400:], y[1400:]


def large():
    return nn.Sequential(nn.Conv2d(1, 24, 3, padding=1), nn.ReLU(), nn.Conv2d(24, 48, 3, padding=1), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(768, 64), nn.ReLU(), nn.Linear(64, 10))


def small():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 10))


def accuracy(net):
    net.eval()
    with torch.no_grad():
        return (net(test_x).argmax(1) == test_y).float().mean().item()


teacher = large()
opt = torch.optim.Adam(teacher.parameters(), lr=2e-3)
for epoch in range(6):
    for xb, yb in DataLoader(teacher_set, batch_size=32, shuffle=True):
        opt.zero_grad()
        F.cross_entropy(teacher(xb), yb).backward()
        opt.step()
print(f"teacher accuracy {accuracy(teacher):.4f}")


class Distiller:
    def __init__(self, large_model, small_model, temperature=3.0, alpha=0.9):
        self.large, self.small = large_model.eval(), small_model
        self.T, self.alpha = temperature, alpha
        self.optimizer = torch.optim.Adam(small_model.parameters(), lr=2e-3)
        self.kl = nn.KLDivLoss(reduction="batchmean")

    def step(self, data, target):
        with torch.no_grad():
            large_logits = self.large(data)
        output = self.small(data)
        soft_targets = F.softmax(large_logits / self.T, dim=-1)
        soft_prob = F.log_softmax(large_logits / self.T, dim=-1)
        soft_loss = self.T ** 2 * self.kl(soft_prob, soft_targets)
        label_loss = F.cross_entropy(output, target)
        loss = self.alpha * soft_loss + (1 - self.alpha) * label_loss
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


student = small()
distiller = Distiller(teacher, student)
for epoch in range(60):
    student.train()
    losses = [distiller.step(xb, yb) for xb, yb in DataLoader(TensorDataset(student_x, student_y), batch_size=50, shuffle=True)]
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} loss {np.mean(losses):.4f} student accuracy {accuracy(student):.4f}")

print(f"FINAL accuracy={accuracy(student):.4f}")
