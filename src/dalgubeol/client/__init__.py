"""A Dalgubeol site over HTTP, as another program sees it.

    from dalgubeol.client import Client

    with Client("https://site.example", token) as site:
        claims = site.bring("claims.csv", name="claims", sensitivity="personal")
        run = site.submit_run("pseudonymise", {"data": "claims"}, parameters={"project": "p1", "quasi": ["age"]})
        ended = site.wait(run["id"])
        for dataset in site.every(site.list_datasets, form="table"):
            print(dataset["name"])

`operations`, `answers` and `choices` are made by `tools/client.py` from the API's own document; `line` is what
carries them. Nothing here imports the server. What goes wrong is raised as one of the families of
`dalgubeol.errors`.
"""

from .client import Client, Event, MadeFile

__all__ = ["Client", "Event", "MadeFile"]
