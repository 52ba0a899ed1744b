import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
N_CLASSES, DIM = 40, 24
centres = torch.randn(N_CLASSES, DIM)


def data(n):
    y = torch.randint(0, N_CLASSES, (n,))
    return torch.tanh(centres[y] + 0.75 * torch.randn(n, DIM)), y


def net(width):
    return nn.Sequential(nn.Linear(DIM, width), nn.ReLU(), nn.Linear(width, N_CLASSES))


def train_teacher(x, y):
    teacher = net(256)
    opt = torch.optim.Adam(teacher.parameters(), lr=3e-3)
    for _ in range(300):
        rows = torch.randint(0, len(x), (128,))
        loss = F.cross_entropy(teacher(x[rows]), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    return teacher.eval()


class Distiller:
    def __init__(self, teacher, student, temperature=2.0):
        self.teacher, self.student, self.T = teacher, student, temperature
        self.kl = nn.KLDivLoss(reduction="batchmean")
        self.opt = torch.optim.SGD(student.parameters(), lr=0.1, momentum=0.9)

    def step(self, x):
        with torch.no_grad():
            target = F.softmax(self.teacher(x) / self.T, dim=1)
        student = F.log_softmax(self.student(x) / self.T, dim=1)
        loss = self.kl(student, target) * self.T ** 2
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


x, y = data(4000)
x_test, y_test = data(1000)
teacher = train_teacher(x, y)
distiller = Distiller(teacher, net(48))
for epoch in range(8):
    losses = [distiller.step(xb) for (xb,) in DataLoader(TensorDataset(x), batch_size=64, shuffle=True)]
    print(f"epoch {epoch} distillation loss {sum(losses) / len(losses):.4f}")

with torch.no_grad():
    print(f"teacher accuracy {(teacher(x_test).argmax(1) == y_test).float().mean().item():.4f}")
    acc = (distiller.student(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
