import os
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim import lr_scheduler

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)

T = 48


def cycles(n):
    """Load curves of machines: four kinds of duty cycle."""
    t = np.arange(T)
    kind = np.random.randint(0, 4, n)
    out = np.zeros((n, 1, T))
    for i, k in enumerate(kind):
        period, shift = np.random.uniform(9, 15), np.random.uniform(0, 15)
        phase = ((t + shift) % period) / period
        wave = [np.sin(2 * np.pi * phase), np.sign(phase - 0.5), 2 * phase - 1, 1 - 4 * np.abs(phase - 0.5)][k]
        out[i, 0] = np.random.uniform(0.6, 1.4) * wave + np.random.normal(0, 0.35, T)
    return torch.tensor(out, dtype=torch.float32), torch.tensor(kind)


data = {"train": cycles(2000), "val": cycles(600)}
model = nn.Sequential(
    nn.Conv1d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
    nn.Conv1d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
    nn.Flatten(), nn.Linear(32 * (T // 4), 64), nn.ReLU(), nn.Linear(64, 4),
)
criterion = nn.CrossEntropyLoss()
optimizer_ft = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
exp_lr_scheduler = lr_scheduler.StepLR(optimizer_ft, step_size=1)


def train_model(model, criterion, optimizer, scheduler, num_epochs=15):
    for epoch in range(num_epochs):
        for phase in ["train", "val"]:
            model.train(phase == "train")
            x, y = data[phase]
            running_loss, running_corrects = 0.0, 0
            for idx in torch.randperm(len(x)).split(20):
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(x[idx])
                    loss = criterion(outputs, y[idx])
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * len(idx)
                running_corrects += (outputs.argmax(1) == y[idx]).sum().item()
            if phase == "train":
                scheduler.step()
            epoch_acc = running_corrects / len(x)
            print(f"{epoch} {phase} Loss: {running_loss / len(x):.4f} Acc: {epoch_acc:.4f}")
    return epoch_acc


print(f"FINAL accuracy={train_model(model, criterion, optimizer_ft, exp_lr_scheduler):.4f}")
