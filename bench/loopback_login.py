"""``wheelsdown`` with OpenSky's login elsewhere: ``loopback_login.py URL ARGUMENT...``.

The address of that login is no setting: nobody but OpenSky should ever get the secret.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli.main import app
from producers.flights.opensky_auth import OpenSkyLogin

_, url, *arguments = sys.argv
OpenSkyLogin.__init__.__kwdefaults__["url"] = url
sys.argv = ["wheelsdown", *arguments]
app()
