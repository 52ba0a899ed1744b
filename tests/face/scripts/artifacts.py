# SPDX-License-Identifier: Apache-2.0
"""Artifacts: filled, logged, linked, used again, read back."""

import os
import backprobe as wandb

run = wandb.init(project="p")
open("m.bin", "wb").write(b"x")
art = wandb.Artifact("model", type="model", description="d", metadata={"a": 1})
art.add_file("m.bin")
os.makedirs("d", exist_ok=True)
open("d/a.txt", "w").write("q")
art.add_dir("d", name="dd")
art.add_reference("s3://x/y", name="ref")
t = wandb.Table(columns=["a"], data=[[1]])
art.add(t, "table")
art.metadata["b"] = 2
art.ttl = None
art.tags = ["x"]
art.aliases
l = run.log_artifact(art, aliases=["best"])
l.wait()
wandb.finish()

run = wandb.init(project="p")
open("m.bin", "wb").write(b"x")
art = wandb.Artifact("model", type="model")
e = art.add_file("m.bin")
art.digest
art.size
art.manifest
art.name
art.type
art.description
art.save()
wandb.finish()

run = wandb.init(project="p")
open("m.bin", "wb").write(b"x")
art = wandb.Artifact("model", type="model")
art.add_file("m.bin", "a/b.bin")
art.remove("a/b.bin")
wandb.finish()

run = wandb.init(project="p")
open("m.bin", "wb").write(b"x")
run.log_model("m.bin", "mm")
run.link_model("m.bin", "reg")
a = wandb.Artifact("x", "y")
run.link_artifact(a, "reg/x")
wandb.finish()

r = wandb.init(project="p")
open("f.txt", "w").write("a")
r.log_artifact("f.txt", name="f", type="dataset")
r.finish()
r = wandb.init(project="p")
a = r.use_artifact("f:latest")
d = a.download()
assert os.path.exists(os.path.join(d, "f.txt"))
a.get_path("f.txt").download()
a.get_entry("f.txt").download()
a.version
a.metadata
a.files()
a.id
a.digest
a.size
a.created_at
a.qualified_name
a.source_name
a.logged_by()
a.entity
a.project
a.state
a.tags
a.ttl
a.verify()
a.checkout("zz")
a.delete()
wandb.finish()

r = wandb.init(project="p")
a = wandb.Artifact("t", "x")
a.add(wandb.Table(columns=["a"], data=[[1]]), "tab")
r.log_artifact(a)
r.finish()
r = wandb.init(project="p")
b = r.use_artifact("t:latest")
t = b.get("tab")
assert t.data == [[1]], t
