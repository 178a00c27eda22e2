"""One case file for each pair of states: visits, matches, incidents."""
