"""`make scale`: what breaks first when more people come."""
