"""For tests of apps built on FrontDoor: a client, the events of each door, and a check of each response."""
