"""A line of stations that makes parts one by one: of equal rank with the process, and behind the same calls.

```
lines = Lines.at(CAR_PARTS, count=1, seed=7)
lines.set("turning_speed", 1.1)
lines.run(hours=8)
lines.cost_per_part()    # won
```

| module | what |
|---|---|
| `configuration` | stations and lines; the car parts' and the medical device's |
| `running` | from event to event, compiled |
| `process` | lines that are started, run, saved, forked and resumed |
"""
