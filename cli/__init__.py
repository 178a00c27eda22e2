"""The command ``wheelsdown``: composes the rooms."""
