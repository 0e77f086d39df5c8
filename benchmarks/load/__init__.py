"""`make load-test`: how fast the directory answers, and to how many at once (docs/load-test.md)."""
