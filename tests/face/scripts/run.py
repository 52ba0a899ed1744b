# SPDX-License-Identifier: Apache-2.0
"""A run's attributes and its smaller verbs."""

import backprobe as wandb

run = wandb.init(project="p")
wandb.run.name = "abc"
wandb.run.save()
wandb.run.tags = wandb.run.tags + ("x",)
wandb.run.notes = "x"
wandb.run.name += "-1"
run.display_name if hasattr(run, "display_name") else 0
run.project_name()
run.get_project_url()
run.get_sweep_url()
run.get_url()
run.project_url
run.sweep_id
run.path
run.entity
run.start_time
run.starting_step
run.resumed
run.offline
run.disabled
run.config_static
run.mode if hasattr(run, "mode") else 0
run.host if hasattr(run, "host") else 0
(str(run), repr(run))
wandb.finish()

run = wandb.init(project="p")
wandb.run.mark_preempting()
run.status()
run.to_html()
run.display()
run.upsert_artifact(wandb.Artifact("a", "b"))
run.pin_config_keys(["a"])
wandb.mark_preempting()
wandb.finish()

r = wandb.init(project="p")
assert r
assert wandb.run is not None
assert bool(wandb.run)
wandb.finish()

run = wandb.init(project="p")
run.log_code(".")
run.log_code(".", include_fn=lambda p: p.endswith(".py"))
wandb.run.log_code()
wandb.finish()

run = wandb.init(project="p")
run.alert(title="t", text="x")
wandb.alert(title="t", text="x", level="INFO", wait_duration=300)
import datetime

wandb.alert("t", "x", wandb.AlertLevel.ERROR, datetime.timedelta(minutes=5))
wandb.finish()

r = wandb.init(project="p")
assert isinstance(r, wandb.sdk.wandb_run.Run)
isinstance(1, wandb.wandb_run.Run) if hasattr(wandb, "wandb_run") else 0
assert isinstance(wandb.config, wandb.Config)
wandb.finish()

wandb.init(project="p")
wandb.attach(run_id=wandb.run.id)
wandb.finish()

import pickle

run = wandb.init(project="p")
try:
    pickle.dumps(run)
except Exception as e:
    print("pickle", type(e), e)
import copy
