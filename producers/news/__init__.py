"""News feeds: fetched with manners, parsed with care."""
