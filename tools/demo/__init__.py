"""`make demo`: fills a running directory with invented employees."""
