"""A labelled corpus of Korean texts and columns with made-up identifiers in them.

Written apart from the detector: nothing here imports `dalgubeol`, check digits are computed by this package's own
arithmetic, and its lists of names, places and firms are its own. Everything is drawn from a seed; no value is
anybody's except by chance.

Three splits, with other seeds, other templates, other given names, places, roads and firms. `tune` is what the detector
was tuned on, mistake by mistake. `check` was looked at in sums while tuning (which types fall short), never text by
text. `trial` was written when tuning was over, and its figures are the ones to report. All three were written by the
one who wrote the detector, who cannot help knowing it: real documents will be harder.

What is labelled: whole names (surname and given name, names of foreigners), the surname before a title (김 of
김 과장), a given name alone (민수 of 민수야), numbers and addresses that reach a house or lot. What is not: names already
masked (김○○), a district without a house number, a firm, a public figure's street (세종대로).

The templates with surnames before titles and with given names alone were added later, to all three splits at once and
before the detector looked for either.
"""

from .making import SPLITS, Column, Gold, Text, columns, texts

__all__ = ["SPLITS", "Column", "Gold", "Text", "columns", "texts"]
