"""What several test folders need: events as AWS sends them, a checker of responses, servers."""
