# Cox proportional hazards network on simulated clinical data
import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", "0"))
torch.manual_seed(seed)
rng = np.random.RandomState(100 + seed)


def simulate(n):
    x = rng.randn(n, 16).astype(np.float32)
    risk = 1.3 * x[:, 0] - x[:, 1] * x[:, 2] + 0.8 * np.abs(x[:, 3])
    t_event = rng.exponential(1.0, n) * np.exp(-risk) * 3.0
    # patients leave the study for reasons of their own
    leave = 1.6 * x[:, 8] + 1.4 * x[:, 9] - 1.2 * x[:, 0]
    t_leave = rng.exponential(1.0, n) * np.exp(-leave)
    time = np.minimum(t_event, t_leave).astype(np.float32)
    event = (t_event <= t_leave).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(time), torch.from_numpy(event)[:, None], t_event


x_train, t_train, e_train, _ = simulate(1600)
x_test, t_test, e_test, full_test = simulate(700)
print(f"events observed: {e_train.mean():.2f}")


class SurvNet(nn.Module):
    def __init__(self, d, width=48):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(d, width), nn.ELU(), nn.AlphaDropout(0.1),
            nn.Linear(width, width), nn.ELU(), nn.AlphaDropout(0.1),
        )
        self.hazard = nn.Linear(width, 1)

    def forward(self, x):
        return self.hazard(self.encoder(x))


def cox_loss(hazard_pred, survtime, observed):
    """Negative log partial likelihood of a batch."""
    r_mat = (survtime[None, :] >= survtime[:, None]).float()
    theta = hazard_pred.reshape(-1)
    exp_theta = torch.exp(theta)
    return -torch.mean((theta - torch.log(torch.sum(exp_theta * r_mat, dim=1))) * observed)


def concordance(risk, time):
    i, j = np.triu_indices(len(time), 1)
    order = np.sign(time[j] - time[i])
    return np.mean(np.sign(risk[i] - risk[j]) == order)


model = SurvNet(16)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=4e-4)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda ep: 1.0 - ep / 45)

for epoch in range(40):
    model.train()
    perm = torch.randperm(len(x_train))
    epoch_loss = 0.0
    for b in perm.split(128):
        if len(b) < 16:
            continue
        loss = cox_loss(model(x_train[b]), t_train[b], e_train[b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    scheduler.step()
    if epoch % 8 == 0:
        print(epoch, round(epoch_loss, 3))

model.eval()
with torch.no_grad():
    risk = model(x_test).squeeze(1).numpy()
print(f"FINAL c_index={concordance(risk, full_test):.4f}")
