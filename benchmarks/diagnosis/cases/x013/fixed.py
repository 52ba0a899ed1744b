import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


@dataclass
class DistillConfig:
    temperature: float = 3.0
    alpha: float = 0.7
    teacher_epochs: int = 8
    student_epochs: int = 25
    batch: int = 64
    seed: int = int(os.environ.get("SEED", 0))


class Teacher(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(24, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        )
        self.classifier = nn.Linear(192, 10)

    def forward(self, x):
        return self.classifier(self.encoder(x))


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 6, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        )
        self.classifier = nn.Linear(32, 10)

    def forward(self, x):
        return self.classifier(self.encoder(x))


class Distiller:
    def __init__(self, teacher, student, cfg):
        self.teacher, self.student, self.cfg = teacher.eval(), student, cfg
        self.adapter = nn.Linear(32, 192)
        weights = [*student.parameters(), *self.adapter.parameters()]
        self.opt = torch.optim.Adam(weights, lr=4e-3)

    def step(self, x, y):
        T, a = self.cfg.temperature, self.cfg.alpha
        self.student.train()
        with torch.no_grad():
            t_feat = self.teacher.encoder(x)
            t_logits = self.teacher.classifier(t_feat)
        s_feat = self.student.encoder(x)
        s_logits = self.student.classifier(s_feat)
        soft = F.kl_div(F.log_softmax(s_logits / T, 1), F.softmax(t_logits / T, 1), reduction="batchmean") * T * T
        hard = F.cross_entropy(s_logits, y)
        hint = F.mse_loss(self.adapter(s_feat), t_feat)
        loss = a * soft + (1 - a) * hard + 0.1 * hint
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


def fit_teacher(teacher, x, y, cfg):
    opt = torch.optim.Adam(teacher.parameters(), lr=3e-3)
    for _ in range(cfg.teacher_epochs):
        for idx in torch.randperm(len(x)).split(cfg.batch):
            opt.zero_grad()
            F.cross_entropy(teacher(x[idx]), y[idx]).backward()
            opt.step()


@torch.no_grad()
def accuracy(net, x, y):
    net.eval()
    return (net(x).argmax(1) == y).float().mean().item()


def main():
    cfg = DistillConfig()
    torch.manual_seed(cfg.seed)
    d = load_digits()
    order = np.random.RandomState(cfg.seed).permutation(len(d.target))
    x = torch.tensor(d.images[order], dtype=torch.float32)[:, None] / 8 - 1
    y = torch.tensor(d.target[order])
    teacher, student = Teacher(), Student()
    fit_teacher(teacher, x[:1300], y[:1300], cfg)
    print(f"teacher accuracy {accuracy(teacher, x[1300:], y[1300:]):.3f}")
    distiller = Distiller(teacher, student, cfg)
    for epoch in range(cfg.student_epochs):
        losses = [distiller.step(x[i], y[i]) for i in torch.randperm(1300).split(cfg.batch)]
        if epoch % 5 == 0:
            print(f"epoch {epoch} loss {np.mean(losses):.4f} accuracy {accuracy(student, x[1300:], y[1300:]):.3f}")
    print(f"FINAL accuracy={accuracy(student, x[1300:], y[1300:]):.4f}")


if __name__ == "__main__":
    main()
