import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

N_USERS, N_ROUNDS = 2500, 10


def quiz(n):
    """Ten answers right or wrong per pupil, drawn from a hidden ability; ten background numbers."""
    x = torch.randn(n, 10)
    ability = 1.2 * x[:, 0] - x[:, 1] + x[:, 2] * x[:, 3] + 0.7 * torch.sin(2 * x[:, 4])
    level = torch.linspace(-2, 2, N_ROUNDS)
    right = torch.sigmoid(3 * (ability[:, None] - level)) > torch.rand(n, N_ROUNDS)
    return x, right.float()


class QuizNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(10, 64)
        self.mid = nn.Linear(64, 64)
        self.dec = nn.Linear(64, N_ROUNDS)

    def forward(self, x):
        h = F.relu(self.enc(x))
        h = F.relu(self.mid(h))
        return torch.sigmoid(self.dec(h))


x_train, y_train = quiz(N_USERS)
x_test, y_test = quiz(800)
model = QuizNet()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(25):
    correct, total = 0, 0
    for part in torch.randperm(N_USERS).split(50):
        answers = model(x_train[part])
        loss = F.mse_loss(answers, y_train[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        correct += (answers.round() == y_train[part]).sum().item()
        total += answers.numel()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: loss {loss.item():.4f}, {correct}/{total} answers")

with torch.no_grad():
    accuracy = (model(x_test).round() == y_test).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
