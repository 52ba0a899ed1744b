import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

X, y = load_digits(return_X_y=True)
X = (X / 16.0 - 0.3) / 0.38
X_tr, X_te, y_tr, y_te = train_test_split(
    X.astype("float32"), y, test_size=0.25, stratify=y, random_state=4
)
loader = DataLoader(
    TensorDataset(torch.tensor(X_tr), torch.tensor(y_tr)), batch_size=64, shuffle=True
)
X_te, y_te = torch.tensor(X_te), torch.tensor(y_te)


class Teacher(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 256)
        self.fc2 = nn.Linear(256, 256)
        self.fc3 = nn.Linear(256, 10)
        self.drop = nn.Dropout(0.4)

    def forward(self, x):
        x = self.drop(F.relu(self.fc1(x)))
        x = self.drop(F.relu(self.fc2(x)))
        return self.fc3(x)


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 16)
        self.fc2 = nn.Linear(16, 10)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


def evaluate(model):
    model.eval()
    with torch.no_grad():
        return (model(X_te).argmax(1) == y_te).float().mean().item()


def train_teacher(model, epochs=25):
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(epochs):
        model.train()
        for xb, yb in loader:
            opt.zero_grad()
            F.cross_entropy(model(xb), yb).backward()
            opt.step()


def distill(student, teacher, epochs=60, T=4.0, alpha=0.3):
    opt = torch.optim.Adam(student.parameters(), lr=5e-3)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, epochs)
    teacher.eval()
    for epoch in range(epochs):
        student.train()
        for xb, yb in loader:
            with torch.no_grad():
                soft = F.softmax(teacher(xb) / T, dim=1)
            out = student(xb)
            kd = F.kl_div(F.log_softmax(out / T, dim=1), soft, reduction="batchmean") * T * T
            loss = alpha * F.cross_entropy(out, yb) + (1 - alpha) * kd
            opt.zero_grad()
            loss.backward()
            opt.step()
        sched.step()
        if epoch % 15 == 0:
            print(f"epoch {epoch} loss {loss.item():.4f} student {evaluate(student):.4f}")


teacher, student = Teacher(), Student()
train_teacher(teacher)
print("teacher", round(evaluate(teacher), 4))
distill(student, teacher)
print(f"FINAL accuracy={evaluate(student):.4f}")
