# SPDX-License-Identifier: Apache-2.0
"""init and finish, again and in odd orders."""

import backprobe as wandb

wandb.init(project="p")
wandb.join()
wandb.finish()

wandb.init(project="p")
wandb.finish()
wandb.finish()
wandb.finish(0)
wandb.finish(exit_code=0, quiet=True)
wandb.finish()

r = wandb.init(project="p")
r.finish()
r2 = wandb.init(project="p")
r2.log({"a": 1})
assert r.id != r2.id
wandb.finish()

wandb.init(project="p")
wandb.finish()
try:
    wandb.log({"a": 1})
except wandb.Error:
    pass
else:
    raise SystemExit("no error")
wandb.finish()

wandb.init("ent", "proj")
wandb.finish()

wandb.init(
    project=None,
    entity=None,
    name=None,
    config=None,
    tags=None,
    notes=None,
    group=None,
    job_type=None,
    dir=None,
    id=None,
    mode=None,
    resume=None,
    reinit=None,
    settings=None,
)
wandb.finish()

wandb.init(project="p", tags="single", config=[("a", 1)] and {"a": 1}, notes=3)
wandb.finish()

wandb.init(project="p", tags={"a", "b"})
wandb.finish()

wandb.init(project="p" * 200, name="n" * 300, tags=["t" * 100])
wandb.finish()

wandb.init(project="a/b")
wandb.finish()

wandb.init(
    project="p",
    monitor_gym=True,
    save_code=True,
    tensorboard=True,
    magic=True,
    force=True,
    anonymous="allow",
)
wandb.finish()

try:
    wandb.log({"a": 1})
except wandb.Error:
    pass
try:
    wandb.config.x
except wandb.errors.Error:
    pass
try:
    wandb.config["a"] = 1
except wandb.Error:
    pass
