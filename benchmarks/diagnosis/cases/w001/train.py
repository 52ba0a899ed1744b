"""PPO on a small grid world: 32 agents walk to a random goal cell."""
import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical


@dataclass
class Config:
    size: int = 7
    horizon: int = 20
    n_envs: int = 32
    iterations: int = 45
    epochs: int = 4
    minibatch: int = 160
    gamma: float = 0.97
    lam: float = 0.95
    clip: float = 0.2
    lr: float = 1e-3
    ent_coef: float = 0.005


MOVES = np.array([[0, 1], [0, -1], [1, 0], [-1, 0]])


class GridEnv:
    def __init__(self, cfg, rng):
        self.cfg, self.rng = cfg, rng
        self.pos = rng.integers(0, cfg.size, (cfg.n_envs, 2))
        self.goal = rng.integers(0, cfg.size, (cfg.n_envs, 2))

    def reset(self):
        self.pos = self.rng.integers(0, self.cfg.size, self.pos.shape)
        self.goal = self.rng.integers(0, self.cfg.size, self.goal.shape)
        return self.obs()

    def obs(self):
        s = self.cfg.size - 1
        return torch.tensor(np.concatenate([self.pos / s, self.goal / s], 1) * 2 - 1, dtype=torch.float32)

    def step(self, a):
        self.pos = np.clip(self.pos + MOVES[a], 0, self.cfg.size - 1)
        done = (self.pos == self.goal).all(1)
        reward = np.where(done, 1.0, -0.05)
        if done.any():
            k = done.sum()
            self.pos[done] = self.rng.integers(0, self.cfg.size, (k, 2))
            self.goal[done] = self.rng.integers(0, self.cfg.size, (k, 2))
        return self.obs(), reward, done


class ActorCritic(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(4, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 4))
        self.critic = nn.Sequential(nn.Linear(4, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    def forward(self, obs):
        return Categorical(logits=self.actor(obs)), self.critic(obs)


def estimate_advantages(rewards, masks, values, last_value, cfg):
    """Generalised advantage estimation; everything is (T, N, 1)."""
    adv = torch.zeros_like(rewards)
    running = torch.zeros_like(last_value)
    following = last_value
    for t in reversed(range(rewards.shape[0])):
        delta = rewards[t] + cfg.gamma * following * masks[t] - values[t]
        running = delta + cfg.gamma * cfg.lam * masks[t] * running
        adv[t] = running
        following = values[t]
    returns = adv + values
    adv = (adv - adv.mean()) / (adv.std() + 1e-8)
    return adv, returns


def ppo_update(model, opt, batch, cfg):
    obs, act, old_logp, adv, ret = batch
    n = obs.shape[0]
    for _ in range(cfg.epochs):
        order = torch.randperm(n)
        for i in range(0, n, cfg.minibatch):
            j = order[i:i + cfg.minibatch]
            dist, value = model(obs[j])
            ratio = torch.exp(dist.log_prob(act[j]) - old_logp[j])
            surr1 = ratio * adv[j]
            surr2 = torch.clamp(ratio, 1 - cfg.clip, 1 + cfg.clip) * adv[j]
            policy_loss = -torch.min(surr1, surr2).mean()
            value_loss = (value - ret[j]).pow(2).mean()
            loss = policy_loss + 0.5 * value_loss - cfg.ent_coef * dist.entropy().mean()
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            opt.step()
    return loss.item()


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    cfg = Config()
    env = GridEnv(cfg, np.random.default_rng(seed))
    model = ActorCritic()
    opt = torch.optim.Adam(model.parameters(), lr=cfg.lr)

    obs = env.reset()
    for it in range(cfg.iterations):
        store = {k: [] for k in ("obs", "act", "logp", "rew", "mask", "val")}
        for _ in range(cfg.horizon):
            with torch.no_grad():
                dist, value = model(obs)
                a = dist.sample()
            nxt, r, d = env.step(a.numpy())
            store["obs"].append(obs)
            store["act"].append(a)
            store["logp"].append(dist.log_prob(a))
            store["rew"].append(torch.tensor(r, dtype=torch.float32).unsqueeze(1))
            store["mask"].append(torch.tensor(1.0 - d, dtype=torch.float32).unsqueeze(1))
            store["val"].append(value)
            obs = nxt
        s = {k: torch.stack(v) for k, v in store.items()}
        with torch.no_grad():
            last = model(obs)[1]
        adv, ret = estimate_advantages(s["rew"], s["mask"], s["val"], last, cfg)
        batch = (s["obs"].flatten(0, 1), s["act"].flatten(), s["logp"].flatten(), adv.flatten(0, 1), ret.flatten(0, 1))
        loss = ppo_update(model, opt, batch, cfg)
        if it % 5 == 0:
            print(f"iter {it:3d}  loss {loss:.4f}  reward per step {s['rew'].mean():.3f}")

    test = GridEnv(cfg, np.random.default_rng(10_000 + seed))
    arrived = np.zeros(cfg.n_envs, bool)
    total, ok = 0, 0
    for _ in range(20):
        o = test.reset()
        arrived[:] = False
        for _ in range(2 * cfg.size):
            with torch.no_grad():
                a = model(o)[0].sample().numpy()
            o, _, d = test.step(a)
            arrived |= d
        ok += arrived.sum()
        total += cfg.n_envs
    print(f"FINAL success={ok / total:.4f}")


main()
