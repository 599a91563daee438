"""What somebody wants to bring into the zone, looked at before a person does: files in, findings out.

| module | |
|---|---|
| `what` | what a file is, by its bytes |
| `texts` | how text is written: encoding, signs that mislead, what nobody can read |
| `words` | what a script could do: network, processes, native code, text run as code |
| `archives` | ZIP files that would harm whoever opens them |
| `wheels` | Python packages: their own hashes, native code, names that are taken or known to be bad |
| `tables` | reference tables: who could be meant |
| `scan` | all of it, for one file |
| `laid_out` | what came in, as a script finds it: packages as folders |

Rules: nothing is executed, imported or unpickled, and nothing is unpacked beyond its bounds; a finding names lines and
members by number, never what stands there. The scan is no proof that code is harmless: people read it, and it runs where
there is no network and nothing to harm. It is there so that people look at what a machine cannot judge, and only at that.
"""
