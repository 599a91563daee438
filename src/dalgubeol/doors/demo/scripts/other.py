"""What a curious script would try: read a Dataset that its Permit does not name."""

from pathlib import Path

OTHER = Path("{object}")
Path("copy.txt").write_bytes(OTHER.read_bytes())
