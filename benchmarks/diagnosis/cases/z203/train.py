import os
import torch
from torch import nn, autograd

torch.manual_seed(int(os.environ.get("SEED", 0)))


def spiral(n):
    t = torch.rand(n) * 3 + 0.5
    return torch.stack([t * torch.cos(2 * t), t * torch.sin(2 * t)], 1) / 2.5 + 0.04 * torch.randn(n, 2)


def mlp(i, o, h=64):
    return nn.Sequential(nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o))


class WGAN_GP:
    def __init__(self, latent=4, critic_steps=3, lam=1.0):
        self.latent, self.critic_steps, self.lam = latent, critic_steps, lam
        self.gen, self.critic = mlp(latent, 2), mlp(2, 1)
        self.opt_g = torch.optim.Adam(self.gen.parameters(), lr=1e-3, betas=(0.0, 0.9))
        self.opt_c = torch.optim.Adam(self.critic.parameters(), lr=1e-3, betas=(0.0, 0.9))

    def sample(self, n):
        return self.gen(torch.randn(n, self.latent))

    def penalty(self, real, fake):
        mix = torch.lerp(real, fake, torch.rand(len(real), 1)).requires_grad_()
        grad, = autograd.grad(self.critic(mix).sum(), mix, create_graph=True)
        return (grad.norm(dim=1) - 1).pow(2).mean()

    def train_step(self, batch=96):
        for _ in range(self.critic_steps):
            real, fake = spiral(batch), self.sample(batch).detach()
            gap = self.critic(fake).mean() - self.critic(real).mean()
            loss = gap + self.lam * self.penalty(real, fake)
            self.opt_c.zero_grad()
            loss.backward()
            self.opt_c.step()
        for p in self.critic.parameters():
            p.requires_grad_(False)
        g_loss = -self.critic(self.sample(batch)).mean()
        self.opt_g.zero_grad()
        g_loss.backward()
        self.opt_g.step()
        for p in self.critic.parameters():
            p.requires_grad_(True)
        return -gap.item(), g_loss.item()


def energy(a, b):
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


if __name__ == "__main__":
    model = WGAN_GP()
    for it in range(600):
        w, g = model.train_step()
        if it % 100 == 0:
            print(f"{it} wasserstein {w:.3f} generator {g:+.3f}")
    with torch.no_grad():
        print(f"FINAL energy={energy(model.sample(1500), spiral(1500)):.4f}")
