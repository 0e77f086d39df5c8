"""`make fuzz`: what comes from outside is changed at random until something breaks."""
