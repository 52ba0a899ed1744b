# SPDX-License-Identifier: Apache-2.0
"""The calls of well-known libraries and notebooks: detection, timm, nanoGPT, RL, Kaggle, exports."""

import backprobe as wandb, os, numpy as np, torch

if not wandb.run:
    wandb.init(project="yolo", name="train", config={"a": 1})
wandb.run.log({"x": 1}, step=1)
artifact = wandb.Artifact(type="model", name=f"run_{wandb.run.id}_model")
open("w.pt", "wb").write(b"1")
artifact.add_file("w.pt")
wandb.run.log_artifact(artifact, aliases=["best"])
wandb.run.finish()
wandb.init(project="timm", name="exp", config=dict(a=1), id="exp1", tags=[], resume=None)
wandb.log({"train_loss": torch.tensor(1.0), "lr": np.float64(0.1)}, commit=True)
wandb.watch(torch.nn.Linear(2, 2), log="all")
wandb.save("w.pt")
wandb.finish()
r = wandb.init(project="nano", id="exp1", resume="must")
assert r.resumed
r.finish()
r = wandb.init(
    project="sb3", config={"policy": "Mlp"}, sync_tensorboard=True, monitor_gym=True, save_code=True
)
print(f"runs/{r.id}")
r.finish()
wandb.init(
    project="d",
    sync_tensorboard=True,
    settings=wandb.Settings(start_method="thread", console="off"),
)
wandb.finish()
wandb.login(key="a" * 40, relogin=True)
os.environ["WANDB_SILENT"] = "true"
run = wandb.init(
    project="k",
    config={k: v for k, v in dict(lr=1).items() if "__" not in k},
    group="g",
    name="fold-0",
    job_type="train",
    anonymous="must",
)
run.log({"cv": 0.5})
wandb.run.summary["cv"] = 0.5
wandb.log(
    {
        "conf": wandb.plot.confusion_matrix(
            probs=None, y_true=[0, 1], preds=[1, 1], class_names=["a", "b"]
        )
    }
)
run.finish()
with wandb.init(config={"epochs": 2}) as run:
    config = wandb.config
    for e in range(config.epochs):
        run.log({"e": e})
api = wandb.Api()
runs = api.runs("me/k")
summary_list, config_list, name_list = ([], [], [])
for run in runs:
    summary_list.append(run.summary._json_dict)
    config_list.append({k: v for k, v in run.config.items() if not k.startswith("_")})
    name_list.append(run.name)
import pandas as pd

pd.DataFrame({"summary": summary_list, "config": config_list, "name": name_list}).to_csv(
    "project.csv"
)
for a in api.run(runs[0].id).logged_artifacts():
    pass
run = api.run(f"me/k/{runs[0].id}")
run.config["key"] = 1
run.update()
run.summary["acc"] = 0.9
run.summary.update()
assert api.run(run.id).summary["acc"] == 0.9 and api.run(run.id).config["key"] == 1
for f in run.files():
    (f.name, f.size)
m = run.history(keys=["cv"])
m["cv"].values
best = sorted(runs, key=lambda r: r.summary.get("cv", 0), reverse=True)[0]
run.tags.append("new")
run.update()
run.notes = "x"
run.name = "renamed"
run.update()
for i, row in run.history().iterrows():
    row["_timestamp"]
system = run.history(stream="events")
run.metadata
run.rawconfig
run.lastHistoryStep
