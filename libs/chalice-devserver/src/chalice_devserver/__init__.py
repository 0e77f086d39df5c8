"""`chalice local` the way AWS does it: HTTP as the front door's event, and queue, topic and schedule handlers."""
