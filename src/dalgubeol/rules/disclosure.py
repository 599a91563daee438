"""What may leave: from what the checks found to whether people are asked at all.

The checks themselves are maths (`methods.disclosure`) and are made where the files were made, inside the
Run. A finding is plain JSON: `code`, `message` (template and values), `file` and `column` by number, `holds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import Reason
from ..language import Message, restored, say


def reasons_to_hold(findings: Iterable[Mapping[str, object]]) -> tuple[Reason, ...]:
    """The findings that keep a file in until it is mended; the others are for the reviewers to weigh."""
    return tuple(reason_of(finding) for finding in findings if finding.get("holds", True))


def safer(code: str) -> Message | None:
    """How a file with such a finding is made one that may leave; None where there is nothing to mend."""
    return _SAFER.get(code)


_SAFER: Mapping[str, Message] = {
    "small_cell": say("Join small groups into larger ones, or leave their whole rows out, and the next smallest row of the same total too, so that nobody can subtract. Rounding counts to the nearest 5 also hides small differences."),
    "all_equal": say("Join the group with others, or leave its row out: whoever knows that somebody belongs to it knows the value."),
    "single_value": say("Leave smallest and largest values out. Give a percentile only with the count of its group, and only where enough records lie on both sides of it."),
    "linked": say("Leave the row out, or use the same groups and the same records as the earlier release, so that no difference of the two is a small group."),
    "small_dummy": say("Join the small group with another before you fit the model."),
    "dominance": say("Join this cell with others until no two contributors make up most of the sum."),
    "declared": say("Say in the context what the column is: `column = sum of WHAT by KEYS, where CONDITION`, in columns of the input; or leave the column out."),
    "p_percent": say("Join this cell with others until no contributor can work out another's amount."),
    "degrees_of_freedom": say("Fit a simpler model, or to more data."),
    "too_many_rows": say("Summarise: a table that may leave is one that a person can read through."),
    "raw_row": say("Count or average over groups, instead of listing single records."),
    "near_row": say("Count or average over groups, instead of listing values of single records."),
    "encoded": say("Write results as plain words and numbers; leave keys, digests and encoded texts out."),
    "left_behind": say("Give every file a short, plain name (letters of Korean or English, digits, space, _ . -; no two that differ only in capitals), and run the script again."),
    "file_name": say("Give the file a short, plain name."),
    "model_file": say("Give the model with `dalgu_zone.give_model`: the site fits it anew, attacks it, and lets its plain numbers out. Stored objects (pickle, ONNX and the like) never leave."),
    "model_form": say("Prepare the table with `dalgu_zone.prepared` and write the description with `dalgu_zone.give_model`; numbers of parameters have two significant digits, random_state is 0 to 999."),
    "model_words": say("Write columns and expressions out in the script, as they stand in the description."),
    "model_records": say("Choose a model that keeps no records: a tree, a forest, boosting, a linear or logistic model, a linear SVM, naive Bayes, a small network."),
    "model_unknown": say("Choose a type that can be checked: trees, forests, gradient boosting, AdaBoost, linear and logistic models, linear SVMs, naive Bayes and small networks of scikit-learn, alone or in a Pipeline; OLS, Logit and Poisson of statsmodels."),
    "model_steps": say("Use StandardScaler, SimpleImputer, OneHotEncoder and a ColumnTransformer of these before the model; smallest and largest values (MinMaxScaler) are single records'."),
    "model_missing": say("Put a SimpleImputer first, for every column of numbers."),
    "model_category": say("Give OneHotEncoder a `min_frequency` of at least the smallest cell, or fill in with a mean."),
    "model_differs": say("Train on `data.X` and `data.y` as `dalgu_zone.prepared` gives them, with a `random_state`; statsmodels with a constant."),
    "model_large": say("Fit fewer or smaller trees, or a smaller network."),
    "model_untested": say("Fit a smaller model, or hold more records back (`share`)."),
    "model_where": say("Choose the records of the model so that none are left out, or many."),
    "model_beside": say("Train it on the same records as the other model, or on records of many other persons: another `split`, or a condition that changes many."),
    "model_leaf": say("Ask for larger leaves (`min_samples_leaf`), fewer of them (`max_leaf_nodes`) or less depth."),
    "model_equal": say("Ask for larger leaves, or for probabilities that stay away from 0 and 1 (`bound`); leave a column out in which a class has one value."),
    "model_class": say("Join the class with others, or leave it out."),
    "model_membership": say("Fit a simpler model (larger leaves, less depth, fewer trees, a stronger penalty) or train it on more records."),
    "model_attribute": say("Fit a simpler model, or leave the feature out."),
    "image": say("Write charts as PNG, not interlaced, of at most 4 million pixels; or let the table leave alone and draw it outside."),
    "image_noise": say("Draw fewer points, or areas of one colour; or let the table leave alone and draw it outside."),
    "image_table": say("Write the table behind `chart.png` as `chart.csv`: the checks read the table, and the reviewers compare the two."),
    "too_many_pictures": say("Let the tables leave alone, and draw them outside."),
    "identifier": say("Leave the column out; a group's name stays, a person's does not."),
    "formula": say("Let no text begin with =, +, -, @ or a tab, or put a letter before it."),
    "file_type": say("Write results as CSV, JSON or TXT, and charts as PNG beside their tables."),
    "too_long": say("Shorten the text, or write it as a table in CSV."),
    "empty_file": say("Write only files that hold something."),
    "not_utf8": say("Write text and tables in UTF-8 (`encoding=\"utf-8\"`)."),
    "header": say("Write one line of names above the rows: flatten columns of several levels, write no title above, and do not leave the header out."),
    "unreadable": say("Write CSV in UTF-8 with commas, one header line with different names, and at least one row."),
}  # fmt: skip


def reason_of(finding: Mapping[str, object]) -> Reason:
    message = restored(finding["message"])  # type: ignore[arg-type]
    if finding.get("mended"):
        told = say("File {file}, before it was made safe: {found}", file=finding["file"], found=message)
        return Reason(str(finding["code"]), told)
    return Reason(str(finding["code"]), say("File {file}: {found}", file=finding["file"], found=message))
