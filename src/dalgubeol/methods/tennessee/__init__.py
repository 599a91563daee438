"""The Tennessee Eastman process: a reference plant that everybody knows the answers for.

```
plants = Plants.at(Mode.BASE, count=1, seed=7)
plants.run(hours=24)
plants.cost()            # $/h
```

| module | what |
|---|---|
| `constants` | the published numbers |
| `tags` | the 41 measurements, 12 valves, 28 disturbances: names, units, ranges |
| `balances` | the derivatives of the 50 states |
| `walks` | the random walks behind disturbances 8-13, 16-18, 20-28 |
| `controller` | Ricker's decentralised controller |
| `stepping` | one step of a plant, many steps of many plants |
| `steady` | the base case and Ricker's six optimal steady states |
| `process` | plants that are started, run, saved, forked and resumed |
"""
