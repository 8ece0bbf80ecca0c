"""Prints the runs of a file store as MLflow's own client has them."""
import json
import os
import pathlib
import sys

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
from mlflow.tracking import MlflowClient

client = MlflowClient(pathlib.Path(sys.argv[1]).absolute().as_uri())
runs = {}
for e in client.search_experiments():
    for r in client.search_runs([e.experiment_id]):
        metrics = {k: [[m.step, m.value] for m in client.get_metric_history(r.info.run_id, k)] for k in r.data.metrics}
        artifacts = {a.path: pathlib.Path(client.download_artifacts(r.info.run_id, a.path)).read_text()
                     for a in client.list_artifacts(r.info.run_id)}
        runs[r.info.run_name] = dict(experiment=e.name, status=r.info.status, params=r.data.params, tags=r.data.tags, metrics=metrics, artifacts=artifacts,
                                     seconds=(r.info.end_time - r.info.start_time) / 1000)
print(json.dumps(runs))
