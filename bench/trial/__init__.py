"""A second labelled corpus for `privacy-identify`, by another hand than the detector and than `bench.corpus`.

It was written without reading the detector, its tests or the first corpus. What counts as what is laid down
beforehand in `GUIDELINE.md`. Every split has sentences, vocabulary, headers and seeds of its own: `tune` is
looked at while the detector is mended (`tune2` and `tune3` too;
`tune4` and `tune5` are the menders' own, for probing: they count as no other hand's); `trial2` and further trials are run once.

All values are generated. Surnames follow their published shares (KOSTAT, census of 2015).
"""

from bench.trial.writing import Label, Text, texts

__all__ = ["Label", "Text", "texts"]
