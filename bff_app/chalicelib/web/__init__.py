"""What the app does, without HTTP: one noun a module."""
