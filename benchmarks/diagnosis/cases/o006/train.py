import os
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.RandomState(int(os.environ.get("SEED", 0)))


def fruit(n):
    """12x12 rgb crops of ripe / half ripe / unripe fruit under changing light"""
    y = rng.randint(0, 3, n)
    base = np.array([[0.8, 0.25, 0.2], [0.75, 0.6, 0.2], [0.35, 0.65, 0.25]])[y]
    x = base[:, :, None, None] * rng.uniform(0.8, 1.15, (n, 1, 1, 1)) + rng.normal(0, 0.12, (n, 3, 12, 12))
    bg = rng.uniform(0, 0.5, (n, 3, 1, 1))
    yy, xx = np.mgrid[:12, :12]
    disc = ((yy - 5.5) ** 2 + (xx - 5.5) ** 2 < 20)[None, None]
    x = np.where(disc, x, bg + rng.normal(0, 0.05, x.shape))
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


def conv_block(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, kernel_size=3, padding=1),
        nn.BatchNorm2d(cout),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


model = nn.Sequential(
    conv_block(3, 12),
    conv_block(12, 24),
    nn.Flatten(),
    nn.Dropout(0.4),
    nn.Linear(24 * 9, 3),
)
x_train, y_train = fruit(900)
x_test, y_test = fruit(250)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_function = nn.CrossEntropyLoss()


def train(epoch):
    perm = torch.randperm(len(x_train))
    correct, losses = 0, []
    for i in range(0, len(perm), 30):
        idx = perm[i:i + 30]
        optimizer.zero_grad()
        out = model(x_train[idx])
        loss = loss_function(out, y_train[idx])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        correct += (out.argmax(1) == y_train[idx]).sum().item()
    print(f"Epoch {epoch}: loss {np.mean(losses):.4f} acc {correct / len(x_train):.4f}")


def test():
    correct = 0
    with torch.no_grad():
        for img, label in zip(x_test, y_test):
            out = model(img.unsqueeze(0))
            correct += int(out.argmax(1).item() == label.item())
    return correct / len(x_test)


for epoch in range(1, 9):
    train(epoch)
    print("   test acc", test())

print(f"FINAL accuracy={test():.4f}")
