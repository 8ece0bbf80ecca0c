"""Prints the numbers that the tests of package statistics compare with, as JSON.

    python3 -m venv v && v/bin/pip install scipy==1.17.1 statsmodels==0.15.0
    v/bin/python reference.py > reference.json
"""

import json
import math

import numpy as np
import pandas as pd
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(15)


def numbers(a):
    return [float(v) for v in np.ravel(a)]


def sign_flip(values):
    found = stats.permutation_test((values, np.zeros(len(values))), lambda x, y, axis: np.mean(x - y, axis=axis),
                                   permutation_type="samples", n_resamples=np.inf, vectorized=True)
    return {"values": numbers(values), "p": float(found.pvalue)}


def interval(mean, variance, freedom):
    half = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
    return {"mean": float(mean), "variance": float(variance), "freedom": float(freedom),
            "low": float(mean - half), "high": float(mean + half)}


def paired(values):
    found = stats.ttest_rel(values, np.zeros(len(values)))
    low, high = found.confidence_interval(0.95)
    return {"kind": "paired", "values": [numbers(values)], "mean": float(np.mean(values)),
            "variance": float(np.var(values, ddof=1) / len(values)), "freedom": float(found.df), "low": float(low),
            "high": float(high)}


def crossed(table):
    """Rows are units, columns trainings."""
    units, trainings = table.shape
    frame = pd.DataFrame([(table[i, j], i, j) for i in range(units) for j in range(trainings)],
                         columns=["d", "unit", "training"])
    square = anova_lm(ols("d ~ C(unit) + C(training)", frame).fit())["mean_sq"]
    a, b, r = (square[k] / table.size for k in ("C(unit)", "C(training)", "Residual"))
    v = max(a, b, a + b - r)
    freedom = v**2 / (a**2 / (units - 1) + b**2 / (trainings - 1) + r**2 / ((units - 1) * (trainings - 1)))
    return {"kind": "crossed", "values": [numbers(row) for row in table]} | interval(table.mean(), v, freedom)


def folds(groups):
    """Each group is the units of one training."""
    d = np.concatenate(groups)
    g = np.repeat(np.arange(len(groups)), [len(one) for one in groups])
    fit = sm.OLS(d, np.ones(len(d))).fit(cov_type="cluster", cov_kwds={"groups": g, "use_correction": True})
    v, own = fit.cov_params()[0, 0], np.var(d, ddof=1) / len(d)
    v, freedom = (v, len(groups) - 1) if v > own else (own, len(d) - 1)
    return {"kind": "folds", "values": [numbers(one) for one in groups]} | interval(d.mean(), v, freedom)


flips = [sign_flip(rng.normal(0.003, 0.005, n)) for n in (4, 6, 8, 11)]
flips.append(sign_flip(np.round(rng.normal(0.3, 1, 9))))
p = [0.011, 0.2, 0.004, 0.03, 0.03, 0.0009]
unit, training = rng.normal(0, 0.004, (20, 1)), rng.normal(0, 0.003, (1, 3))
print(json.dumps({
    "versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
    "sign_flip": flips,
    "wilcoxon": [{"values": f["values"], "p": float(stats.wilcoxon(f["values"], method="exact").pvalue)}
                 for f in flips[:4]],
    "estimates": [
        paired(rng.normal(0.004, 0.006, 8)),
        crossed(0.002 + unit + training + rng.normal(0, 0.002, (20, 3))),
        crossed(rng.normal(0.002, 0.004, (5, 3))),
        folds([rng.normal(m, 0.003, n) for m, n in ((0.002, 6), (0.012, 5), (-0.006, 6), (0.004, 5))]),
        folds([rng.normal(0.002, 0.003, 5) for _ in range(4)]),
    ],
    "holm": {"p": p, "corrected": numbers(multipletests(p, method="holm")[1])},
}, indent=1))
