"""Reports of flights in the news: which aircraft, whose, where and when."""
