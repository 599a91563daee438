"""Claims and weeks off work by industry and injury: coarse enough to leave."""

import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

claims = pq.read_table("/data/data.parquet")
known = claims.filter(pc.is_valid(claims["indust"]))
groups = known.group_by(["indust", "injtype"]).aggregate([([], "count_all"), ("durat", "mean")])
groups = groups.rename_columns({"count_all": "claims", "durat_mean": "mean_weeks"})
weeks = pc.cast(pc.round(groups["mean_weeks"], 1), "float64")
groups = groups.set_column(groups.column_names.index("mean_weeks"), "mean_weeks", weeks)
order = [("indust", "ascending"), ("injtype", "ascending")]
csv.write_csv(groups.sort_by(order), "claims_by_industry.csv")
