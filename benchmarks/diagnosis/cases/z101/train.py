import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 16.0, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(y)
itr, ite = train_test_split(range(len(X)), test_size=0.3, stratify=y, random_state=0)
Xtr, ytr, Xte, yte = X[itr], y[itr], X[ite], y[ite]


class Teacher(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 24, 3, padding=1)
        self.c2 = nn.Conv2d(24, 48, 3, padding=1)
        self.fc = nn.Linear(48 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc(F.dropout(x.flatten(1), 0.3, self.training))


class Student(nn.Module):
    def __init__(self, width=10):
        super().__init__()
        self.hidden = nn.Linear(64, width)
        self.out = nn.Linear(width, 10)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(x.flatten(1))))


def accuracy(net):
    net.eval()
    with torch.no_grad():
        return (net(Xte).argmax(1) == yte).float().mean().item()


def batches(size):
    for idx in torch.randperm(len(Xtr)).split(size):
        yield Xtr[idx], ytr[idx]


teacher = Teacher()
opt = torch.optim.AdamW(teacher.parameters(), lr=3e-3)
for epoch in range(12):
    teacher.train()
    for xb, yb in batches(64):
        loss = F.cross_entropy(teacher(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
print("teacher", accuracy(teacher))

teacher.eval()
for p in teacher.parameters():
    p.requires_grad_(False)

T, alpha = 4.0, 0.9
student = Student()
opt = torch.optim.Adam(student.parameters(), lr=5e-3)
for epoch in range(60):
    student.train()
    total = 0.0
    for xb, yb in batches(64):
        soft = F.softmax(teacher(xb) / T, dim=1)
        s = student(xb)
        kd = F.kl_div(F.log_softmax(s / T, dim=1), soft, reduction="batchmean") * T * T
        loss = alpha * kd + (1 - alpha) * F.cross_entropy(s, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    if epoch % 10 == 9:
        print(epoch, total, accuracy(student))
print("FINAL accuracy=%.4f" % accuracy(student))
