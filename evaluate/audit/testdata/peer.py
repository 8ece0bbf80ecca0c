"""Tests the rows of the paper's Table I with mlscorecheck, and prints its verdicts as JSON.

    python3 -m venv v && v/bin/pip install mlscorecheck==1.0.3
    v/bin/python peer.py ../counts.csv ../../paper/table-1.csv > peer.json

Counts inside the field of view of STARE and CHASE_DB1 are not among those that mlscorecheck brings, so all are taken
from counts.csv; "bundled" says which of its own equal them.
"""

import csv
import json
import sys
from importlib.metadata import version

from mlscorecheck.check.binary import check_n_testsets_mos_no_kfold, check_n_testsets_som_no_kfold
from mlscorecheck.experiments import get_experiment

counts, table = sys.argv[1:]
images = list(csv.DictReader(open(counts)))
names = {"se": "sens", "sp": "spec", "ac": "acc", "f1": "f1p"}


def testset(dataset, which, region):
    prefix = "" if region == "all" else "fov_"
    chosen = [i for i in images if i["dataset"] == dataset and (which != "children" or i["image"] >= "Image_11")]
    return [{"p": int(i[prefix + "foreground"]), "n": int(i[prefix + "background"]), "identifier": i["image"]}
            for i in chosen]


def bundled():
    def equal(theirs, dataset, region, rename):
        ours = {i["identifier"]: (i["p"], i["n"]) for i in testset(dataset, "", region)}
        return {rename(i["identifier"]): (i["p"], i["n"]) for i in theirs} == ours

    drive = get_experiment("retina.drive")
    found = {f"DRIVE {r}": equal(drive[(1, r)]["test"]["images"], "DRIVE", r, lambda n: n + "_test")
             for r in ("fov", "all")}
    found["STARE all"] = equal(get_experiment("retina.stare")["ah"]["images"], "STARE", "all", str)
    found["CHASE_DB1 all"] = equal(get_experiment("retina.chase_db1")["manual1"]["images"], "CHASE_DB1", "all",
                                   lambda n: "Image_" + n)
    return found


rows = []
for line, row in enumerate(csv.DictReader(open(table)), start=2):
    printed = {ours: row[ours] for ours in names if row[ours]}
    if len(printed) < 3:
        continue
    for which in ["children", "all"] if row["dataset"] == "CHASE_DB1" else ["all"]:
        for region in ("fov", "all"):
            for units in (0.5, 1):
                sets = testset(row["dataset"], which, region)
                eps = units * 1e-4
                scores = {names[k]: float(v) for k, v in printed.items()}
                pooled = check_n_testsets_som_no_kfold(testsets=sets, scores=scores, eps=eps)
                scores.pop("f1p", None)  # it has no test of a mean of F1
                mean = check_n_testsets_mos_no_kfold(testsets=sets, scores=scores, eps=eps, verbosity=0)
                rows.append({
                    "line": line, "dataset": row["dataset"], "images": which, "region": region, "units": units,
                    "pooled": not pooled["inconsistency"], "mean": not mean["inconsistency"],
                })
json.dump({"mlscorecheck": version("mlscorecheck"), "bundled": bundled(), "rows": rows}, sys.stdout, indent=1)
print()
