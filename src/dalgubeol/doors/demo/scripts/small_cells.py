"""Claims by industry, injury, sex and marriage: too fine, some cells hold few people."""

import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

claims = pq.read_table("/data/data.parquet")
groups = claims.group_by(["indust", "injtype", "male", "married"]).aggregate([([], "count_all")])
groups = groups.rename_columns({"count_all": "claims"})
for column, words in (("male", ["woman", "man"]), ("married", ["single", "married"])):
    said = pc.if_else(pc.equal(groups[column], 1), words[1], words[0])
    groups = groups.set_column(groups.column_names.index(column), column, said)
csv.write_csv(groups.sort_by([(name, "ascending") for name in groups.column_names]), "claims_by_group.csv")
