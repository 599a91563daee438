"""A twin of the Tennessee Eastman process: where the plant is, what it would do, and where the two part.

| module | what |
|---|---|
| `estimator` | the state and what disturbs it, from live tags: an ensemble of plants, corrected by what is measured |
| `whatif` | the time ahead, as it is and with other set-points |
"""
