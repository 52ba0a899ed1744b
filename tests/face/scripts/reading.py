# SPDX-License-Identifier: Apache-2.0
"""Api: filters, histories, edits, files, artifacts, the viewer."""

import backprobe as wandb

r = wandb.init(project="p", config={"a": {"b": 1}})
r.log({"x": 1})
i = r.id
r.finish()
api = wandb.Api(timeout=29)
runs = api.runs(path="e/p", filters={"$and": [{"config.a.b": 1}]}, per_page=5)
for run in runs:
    run.summary._json_dict
    run.config
    run.name
    {k: v for k, v in run.config.items() if not k.startswith("_")}
    run.history()
    run.history(keys=["x"], pandas=False)
    run.scan_history()
    run.state
    run.url
    run.user
    run.metadata
run = api.run(f"e/p/{i}")
run.summary["q"] = 1
run.summary.update()
run.config["z"] = 2
run.update()
run.tags.append("x")
run.update()
run.file("config.yaml") if False else 0
run.files()
run.logged_artifacts()
run.used_artifacts()
api.default_entity
api.viewer
api.projects("e")
run.user
for p in api.projects("e"):
    p.name
