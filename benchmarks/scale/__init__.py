"""What breaks first when more people come: `make scale`."""
