"""What each trial said when it was run: 16,000 texts, once, on the detector as it was then.

`before` is an older detector, run on the same texts for comparison: of trial2 and trial3 the one that had only met the
first corpus, of trial4 the one that trial3 had measured and that was mended for numbers since; later trials have none. Figures are (labels,
recall, precision).

A split of `AWAITED` was never run. `run` is how: its figures then go to `RUNS`, and the split to `FRESH` of
`bench.privacy_identify`, which must not know it before (whoever runs that bench would have spent it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bench.trial.scoring import Counts, score
from bench.trial.writing import texts

Figures = dict[str, tuple[int, float, float]]

TEXTS = 16_000
AWAITED: dict[str, int] = {}
"""Unseen splits and the seeds laid down for them."""


def run(split: str, find: Callable[[str], Iterable[tuple[int, int, str]]]) -> tuple[Figures, Counts]:
    """The one run of an awaited split by a detector: figures for `RUNS`, and what they were counted from."""
    counts = score(texts(split, TEXTS, AWAITED[split]), find)
    return {
        type_: (int(made["labels"]), made["recall"], made["precision"])
        for type_, made in counts.as_json().items()
    }, counts


RUNS: dict[str, dict[str, Figures]] = {
    "trial2": {
        "before": {
            "resident-registration-number": (1364, 0.9978, 0.9742),
            "foreigner-registration-number": (913, 0.989, 0.9617),
            "business-registration-number": (794, 0.806, 0.9969),
            "corporate-registration-number": (537, 0.8845, 0.9814),
            "driver-licence-number": (625, 0.9632, 1.0),
            "passport-number": (1168, 0.9897, 0.9983),
            "phone": (4189, 0.9821, 0.9995),
            "account-number": (1251, 0.944, 0.9858),
            "card-number": (903, 1.0, 0.988),
            "email": (1578, 1.0, 1.0),
            "vehicle-plate": (1163, 0.9441, 1.0),
            "postal-code": (953, 0.8762, 1.0),
            "address": (2815, 0.9321, 0.9504),
            "person-name": (21483, 0.7602, 0.9292),
        },
        "once": {
            "resident-registration-number": (1364, 0.9978, 0.9898),
            "foreigner-registration-number": (913, 0.9923, 0.9869),
            "business-registration-number": (794, 0.8073, 0.9969),
            "corporate-registration-number": (537, 0.892, 0.9796),
            "driver-licence-number": (625, 0.9984, 1.0),
            "passport-number": (1168, 0.988, 0.9991),
            "phone": (4189, 0.9983, 0.9993),
            "account-number": (1251, 1.0, 0.9889),
            "card-number": (903, 1.0, 0.9923),
            "email": (1578, 1.0, 1.0),
            "vehicle-plate": (1163, 0.9561, 1.0),
            "postal-code": (953, 0.9696, 1.0),
            "address": (2815, 0.9417, 0.9543),
            "person-name": (21483, 0.8671, 0.9713),
        },
    },
    "trial3": {
        "before": {
            "resident-registration-number": (1264, 0.9905, 0.9698),
            "foreigner-registration-number": (837, 0.9785, 0.9457),
            "business-registration-number": (1063, 0.9229, 0.9939),
            "corporate-registration-number": (548, 0.9781, 0.9889),
            "driver-licence-number": (811, 0.9199, 1.0),
            "passport-number": (1015, 1.0, 0.9971),
            "phone": (3624, 0.9796, 0.9997),
            "account-number": (1301, 0.94, 0.9919),
            "card-number": (771, 1.0, 0.9834),
            "email": (1300, 1.0, 1.0),
            "vehicle-plate": (1438, 0.9729, 1.0),
            "postal-code": (890, 0.7135, 1.0),
            "address": (2898, 0.9783, 0.9899),
            "person-name": (23285, 0.7619, 0.933),
        },
        "once": {
            "resident-registration-number": (1264, 0.9905, 0.9766),
            "foreigner-registration-number": (837, 0.9773, 0.9556),
            "business-registration-number": (1063, 0.9548, 0.9951),
            "corporate-registration-number": (548, 0.9945, 0.9891),
            "driver-licence-number": (811, 0.9988, 1.0),
            "passport-number": (1015, 1.0, 1.0),
            "phone": (3624, 0.9986, 0.9997),
            "account-number": (1301, 1.0, 0.9954),
            "card-number": (771, 1.0, 0.991),
            "email": (1300, 1.0, 1.0),
            "vehicle-plate": (1438, 0.9993, 1.0),
            "postal-code": (890, 0.9146, 1.0),
            "address": (2898, 0.9886, 0.9955),
            "person-name": (23285, 0.8253, 0.9581),
        },
    },
    "trial4": {
        "before": {
            "resident-registration-number": (1408, 0.9922, 0.9964),
            "foreigner-registration-number": (742, 0.9906, 0.9973),
            "business-registration-number": (1125, 0.9333, 0.9962),
            "corporate-registration-number": (700, 0.9943, 0.9748),
            "driver-licence-number": (695, 0.9986, 1.0),
            "passport-number": (859, 0.979, 1.0),
            "phone": (4001, 0.9993, 0.9963),
            "account-number": (1719, 0.9029, 0.9911),
            "card-number": (542, 1.0, 0.9855),
            "email": (1116, 1.0, 1.0),
            "vehicle-plate": (1657, 0.9535, 1.0),
            "postal-code": (937, 0.9445, 1.0),
            "address": (3035, 0.9895, 0.995),
            "person-name": (28212, 0.7427, 0.9593),
        },
        "once": {
            "resident-registration-number": (1408, 0.9929, 0.9964),
            "foreigner-registration-number": (742, 0.9973, 0.9973),
            "business-registration-number": (1125, 0.9529, 0.9963),
            "corporate-registration-number": (700, 0.9943, 0.9748),
            "driver-licence-number": (695, 0.9986, 1.0),
            "passport-number": (859, 0.9942, 1.0),
            "phone": (4001, 0.9985, 0.996),
            "account-number": (1719, 0.9372, 0.9908),
            "card-number": (542, 1.0, 0.9855),
            "email": (1116, 1.0, 1.0),
            "vehicle-plate": (1657, 0.9584, 1.0),
            "postal-code": (937, 0.9829, 1.0),
            "address": (3035, 0.9941, 0.9957),
            "person-name": (28212, 0.8905, 0.9443),
        },
    },
    "trial5": {
        "once": {
            "resident-registration-number": (1045, 0.9981, 0.9739),
            "foreigner-registration-number": (673, 0.997, 1.0),
            "business-registration-number": (1147, 1.0, 0.9879),
            "corporate-registration-number": (717, 1.0, 0.9972),
            "driver-licence-number": (732, 0.9863, 1.0),
            "passport-number": (727, 0.9986, 0.8663),
            "phone": (4263, 0.9939, 0.9934),
            "account-number": (1075, 0.9926, 1.0),
            "card-number": (705, 1.0, 0.9916),
            "email": (1275, 1.0, 1.0),
            "vehicle-plate": (1169, 1.0, 1.0),
            "postal-code": (739, 0.9405, 1.0),
            "address": (2445, 0.9693, 0.9818),
            "person-name": (28324, 0.8833, 0.9409),
        },
    },
    "trial6": {
        "once": {
            "resident-registration-number": (757, 0.9987, 0.9356),
            "foreigner-registration-number": (816, 0.9988, 0.9988),
            "business-registration-number": (810, 1.0, 0.9677),
            "corporate-registration-number": (782, 1.0, 0.9619),
            "driver-licence-number": (793, 0.9962, 1.0),
            "passport-number": (869, 1.0, 0.9688),
            "phone": (3682, 0.9986, 0.9681),
            "account-number": (1019, 0.9863, 0.9941),
            "card-number": (822, 1.0, 0.9964),
            "email": (786, 1.0, 1.0),
            "vehicle-plate": (871, 1.0, 0.9571),
            "postal-code": (850, 0.9412, 1.0),
            "address": (2446, 0.9951, 0.9979),
            "person-name": (28731, 0.8862, 0.9301),
        },
    },
    "trial7": {
        "once": {
            "resident-registration-number": (849, 0.9976, 0.9906),
            "foreigner-registration-number": (717, 0.993, 0.9944),
            "business-registration-number": (794, 1.0, 0.9987),
            "corporate-registration-number": (774, 0.9961, 0.9961),
            "driver-licence-number": (733, 1.0, 1.0),
            "passport-number": (879, 0.9875, 1.0),
            "phone": (3802, 0.9995, 0.9927),
            "account-number": (1091, 0.9973, 1.0),
            "card-number": (799, 0.9987, 0.9888),
            "email": (859, 1.0, 1.0),
            "vehicle-plate": (986, 1.0, 1.0),
            "postal-code": (947, 0.9208, 1.0),
            "address": (2606, 0.9942, 0.9973),
            "person-name": (34763, 0.823, 0.929),
        },
    },
}
