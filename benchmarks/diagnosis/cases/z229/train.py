import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 8 - 1
y = torch.tensor(digits.target)
p = torch.randperm(len(x))
x, y = x[p], y[p]
train_dl = DataLoader(TensorDataset(x[:1200], y[:1200]), batch_size=32, shuffle=True)
x_test, y_test = x[1200:], y[1200:]


def make_teacher():
    return nn.Sequential(
        nn.Linear(64, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(256, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(128, 10),
    )


def make_student():
    return nn.Sequential(nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 10))


def train_teacher(model, epochs):
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(epochs):
        model.train()
        for xb, yb in train_dl:
            loss = F.cross_entropy(model(xb), yb, label_smoothing=0.05)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(f"teacher epoch {epoch}: {loss.item():.4f}")


def loss_kd(student_logits, teacher_logits, labels, T=3.0, alpha=0.7):
    soft = nn.KLDivLoss(reduction="batchmean")(
        F.log_softmax(student_logits / T, dim=1), F.softmax(teacher_logits / T, dim=1)
    )
    return alpha * T * T * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


def accuracy(model):
    model.eval()
    with torch.no_grad():
        return (model(x_test).argmax(1) == y_test).float().mean().item()


teacher = make_teacher()
train_teacher(teacher, 10)
print("teacher accuracy", accuracy(teacher))
teacher.eval()
for q in teacher.parameters():
    q.requires_grad = False

student = make_student()
opt = torch.optim.Adam(student.parameters(), lr=4e-3)
for epoch in range(20):
    student.train()
    total = 0.0
    for xb, yb in train_dl:
        with torch.no_grad():
            t = teacher(xb)
        loss = loss_kd(student(xb), t, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    if epoch % 4 == 0:
        print(f"student epoch {epoch}: {total / len(train_dl):.4f}")
print(f"FINAL accuracy={accuracy(student):.4f}")
